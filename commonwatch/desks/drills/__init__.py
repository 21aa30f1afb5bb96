"""Drills of the duty posts, with scored times."""
