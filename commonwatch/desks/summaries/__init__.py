"""The day's summary and situation reports."""
