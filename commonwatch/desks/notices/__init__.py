"""The ladder of reminders: who is told of what waits, by which way, and when."""
