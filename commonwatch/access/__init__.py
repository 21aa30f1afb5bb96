"""The porter: who somebody is, which office they hold, what that office may do, and what it may read."""
