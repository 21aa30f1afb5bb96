"""Sample reports: sixty invented days of the csto pack, and posts that go on reporting while somebody looks on."""
