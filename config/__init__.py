"""The configuration: its shape, how it is read, and the loader of the kinds that it may name."""
