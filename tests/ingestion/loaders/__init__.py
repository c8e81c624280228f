"""One test file per format."""
