"""The foundation: bytes, tree, notes, tiles and offline verification of a journal.

A journal is a transparency log: RFC 6962 hashing, the C2SP tlog-tiles layout, checkpoints as signed notes.
This room knows neither the database nor the organisation and can be used alone. docs/formats/journal.md
states every byte.
"""
