"""A value that must never be seen: its text is only to be had by asking for it."""

from typing import NoReturn


class Secret:
    """A password or token; `repr` and `str` are `***`, so a log line, a traceback or a screenshot never shows it.

    It cannot be pickled or copied, and no encoder knows it: what writes values down cannot write this one.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the header or password field that it goes into and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not written down")
