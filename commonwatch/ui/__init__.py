"""The hall: the base page, its components, one stylesheet, live updates; and how a refusal becomes an answer."""
