"""Meals: kitchens and menus, diets, standing orders, sheets for a round, and the door."""
