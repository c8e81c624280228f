"""Journeys: the product as people use it, end to end."""
