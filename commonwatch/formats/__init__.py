"""Interpreters between foreign bytes and plain values. No Django, and nothing of any other room."""
