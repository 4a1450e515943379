"""What can go wrong with a template."""

from fleet.errors import FleetdeckError


class TemplateError(FleetdeckError):
    """A template that cannot be parsed, or whose execution failed; the message has Go's words where it has any."""


class CallError(Exception):
    """A function of a template says no: its sentence becomes `error calling NAME: …`."""
