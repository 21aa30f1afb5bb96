"""The vault: every act is an entry in a journal, and every table that a screen reads is folded from entries."""
