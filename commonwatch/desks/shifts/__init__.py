"""Shifts: roster, log, hand-over, contact cards and calls."""
