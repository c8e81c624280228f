"""The ground: database, types, identity, inbox, outbox, migrations."""
