"""Settings, wiring and the `junxiu` command."""
