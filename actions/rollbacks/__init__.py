"""Ways to roll something back: one file is one kind, and exports `KIND`."""
