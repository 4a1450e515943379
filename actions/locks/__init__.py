"""Locks on targets: among the operators of one machine in files, among those of several in a Redis."""
