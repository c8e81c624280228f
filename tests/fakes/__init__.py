"""Hand-written fakes of what lies outside: messaging services."""
