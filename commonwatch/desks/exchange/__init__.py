"""The exchange of information: who owes which report by when, what came, and what is missing."""
