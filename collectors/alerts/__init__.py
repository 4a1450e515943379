"""Readers of alerts that systems write about themselves: one file is one kind. What they say is a claim."""
