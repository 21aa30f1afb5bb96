"""Questions and answers, relays and their acknowledgements."""
