"""What a function of a template takes: Go checks the types of arguments before it calls."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

ANY = "interface {}"
STRING = "string"
SAMPLE = "*template.sample"
SAMPLES = "template.queryResult"


class Function(Struct, frozen=True):
    """`params` are the types of what it must get, `more` that of any number of others ("" for none)."""

    call: Callable[..., Any]
    params: tuple[str, ...] = ()
    more: str = ""

    def param(self, at: int) -> str:
        """The type of the argument `at`."""
        return self.params[at] if at < len(self.params) else self.more
