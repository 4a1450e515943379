"""Keys: what is bound, what an operator made of it, and the presets."""
