"""Rides: vehicles, drivers and destinations of a house; which of them takes whom, and when."""
