"""Commonwatch: the coordination system of an organisation of states that keep watch together."""

__version__ = "0.1.0"
