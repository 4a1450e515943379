"""Printing as Go's fmt package does: Sprint, Sprintln, and Sprintf with its flags, widths, indexes and complaints."""

from collections.abc import Sequence
from typing import Any

from fleet.rules.templates.printing import Buffer, print_value
from fleet.rules.templates.values import type_name
from fleet.rules.templates.verbs import Flags

_WIDTH_MOST = 1_000_000


def sprint(values: Sequence[Any]) -> str:
    """fmt.Sprint: a blank between two values of which neither is text."""
    out = Buffer()
    before_text = True
    for at, value in enumerate(values):
        is_text = isinstance(value, str)
        if at and not is_text and not before_text:
            out.write(" ")
        print_value(out, value, "v", Flags())
        before_text = is_text
    return out.text()


def sprintln(values: Sequence[Any]) -> str:
    """fmt.Sprintln: blanks between all, and a line break."""
    out = Buffer()
    for at, value in enumerate(values):
        if at:
            out.write(" ")
        print_value(out, value, "v", Flags())
    out.write("\n")
    return out.text()


def sprintf(form: str, values: Sequence[Any]) -> str:
    """fmt.Sprintf."""
    return _Printf(form, values).text()


class _Printf:
    """One call of Sprintf, with Go's order of steps: flags, index, width, index, precision, index, verb."""

    def __init__(self, form: str, values: Sequence[Any]) -> None:
        self._form = form
        self._values = values
        self._at = 0
        self._arg = 0
        self._good = True
        self._reordered = False
        self._out = Buffer()

    def text(self) -> str:
        form = self._form
        while self._at < len(form):
            percent = form.find("%", self._at)
            end = len(form) if percent < 0 else percent
            self._out.write(form[self._at : end])
            self._at = end + 1
            if percent >= 0:
                self._verb()
        if not self._reordered and self._arg < len(self._values):
            self._extra()
        return self._out.text()

    def _char(self) -> str:
        return self._form[self._at : self._at + 1]

    def _verb(self) -> None:
        flags = self._flags()
        self._good = True
        indexed = self._index()
        if self._char() == "*":
            self._at += 1
            flags.width = self._from_argument("WIDTH")
            if flags.width is not None and flags.width < 0:
                flags.width, flags.minus, flags.zero = -flags.width, True, False
            indexed = False
        else:
            flags.width = self._number()
            if indexed and flags.width is not None:
                self._good = False
        if self._char() == "." and self._at + 1 < len(self._form):
            indexed = self._precision(flags, indexed=indexed)
        if not indexed:
            self._index()
        verb = self._char()
        self._at += 1
        if not verb:
            self._out.write("%!(NOVERB)")
        elif verb == "%":
            self._out.write("%")
        elif not self._good:
            self._out.write(f"%!{verb}(BADINDEX)")
        elif self._arg >= len(self._values):
            self._out.write(f"%!{verb}(MISSING)")
        else:
            self._one(verb, flags)

    def _one(self, verb: str, flags: Flags) -> None:
        if verb == "v":
            flags.sharp_v, flags.sharp = flags.sharp, False
            flags.plus_v, flags.plus = flags.plus, False
        print_value(self._out, self._values[self._arg], verb, flags)
        self._arg += 1

    def _flags(self) -> Flags:
        flags = Flags()
        while (char := self._char()) and char in "#0+- ":
            if char == "#":
                flags.sharp = True
            elif char == "0":
                flags.zero = not flags.minus
            elif char == "+":
                flags.plus = True
            elif char == "-":
                flags.minus, flags.zero = True, False
            else:
                flags.space = True
            self._at += 1
        return flags

    def _precision(self, flags: Flags, *, indexed: bool) -> bool:
        self._at += 1
        if indexed:
            self._good = False
        indexed = self._index()
        if self._char() == "*":
            self._at += 1
            flags.precision = self._from_argument("PREC")
            if flags.precision is not None and flags.precision < 0:
                flags.precision = None
                self._out.write("%!(BADPREC)")
            return False
        flags.precision = self._number() or 0
        return indexed

    def _number(self) -> int | None:
        begin = self._at
        while self._char() and self._char() in "0123456789":
            self._at += 1
        digits = self._form[begin : self._at]
        if not digits:
            return None
        if len(digits) > 7 or int(digits) > _WIDTH_MOST:
            self._at = len(self._form)
            return None
        return int(digits)

    def _index(self) -> bool:
        """An explicit argument, `[2]`; whether there was one that is right."""
        if self._char() != "[":
            return False
        self._reordered = True
        end = self._form.find("]", self._at + 1)
        if end < 0 or len(self._form) - self._at < 3:
            self._good = False
            self._at += 1
            return False
        digits = self._form[self._at + 1 : end]
        self._at = end + 1
        is_number = 0 < len(digits) < 8 and digits.isascii() and digits.isdecimal()
        if is_number and 1 <= int(digits) <= len(self._values):
            self._arg = int(digits) - 1
            return True
        self._good = False
        return is_number

    def _from_argument(self, what: str) -> int | None:
        value = self._values[self._arg] if self._arg < len(self._values) else None
        if self._arg < len(self._values):
            self._arg += 1
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _WIDTH_MOST:
            return int(value)
        self._out.write(f"%!(BAD{what})")
        return None

    def _extra(self) -> None:
        self._out.write("%!(EXTRA ")
        for at, value in enumerate(self._values[self._arg :]):
            if at:
                self._out.write(", ")
            if value is None:
                self._out.write("<nil>")
            else:
                self._out.write(f"{type_name(value)}=")
                print_value(self._out, value, "v", Flags())
        self._out.write(")")
