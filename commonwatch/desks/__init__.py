"""The parts in which people work; each has the same files by the same names (STYLE: urls, views, forms, acts, projection, models, rules, facts)."""
