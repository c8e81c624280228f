"""The staff desk: queues worked in a browser."""
