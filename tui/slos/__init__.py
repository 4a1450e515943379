"""Objectives in full: the page of one, and how many are in trouble."""
