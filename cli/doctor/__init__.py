"""`fleetdeck doctor`: what of terminal, clipboard, colours, sources and permissions works, and how to mend the rest.

One topic is one file in `topics/`, which exports `TOPIC`. It looks where the dashboard looks, with the same code, so
that it cannot say other things than what will happen. Nothing is changed by looking.
"""
