"""A day of the demo fleet in some minutes: `python -m tests.soak`. What grows is found here."""
