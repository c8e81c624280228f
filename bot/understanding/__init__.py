"""What people say, turned into commands out of a closed set. Pure: no database, no network."""
