"""Acts on the fleet as values: what would be sent or run, what became of it, and the seams between who plans, who sends
and who shows. Pure; what touches the outside stands in `actions/`."""
