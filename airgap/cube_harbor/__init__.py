"""A client of Harbor's API, and what Harbor says in its own way."""
