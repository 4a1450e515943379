"""Readers of SLO definitions: the short form of the configuration, OpenSLO, Pyrra, sloth."""
