"""The rooms in which people work. Each has the same files by the same names; see ARCHITECTURE.md."""
