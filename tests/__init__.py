"""Tests, mirroring the tree; journeys run the product end to end."""
