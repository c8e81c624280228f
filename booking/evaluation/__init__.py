"""满意度评价: what a house and its head are scored by, as the notice asks for."""
