"""Alerts as an operator meets them: from every source in one book, with who acknowledged, what is silenced, what hangs
together, and what is only claimed."""
