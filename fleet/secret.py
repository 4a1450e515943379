"""A value that must never be seen: its text is only to be had by asking for it."""


class Secret:
    """A password or token; `repr` and `str` are `***`, so a log line, a traceback or a screenshot never shows it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the header or password field that it goes into and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__
