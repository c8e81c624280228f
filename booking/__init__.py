"""Services, requests, capacity, people: the promises made."""
