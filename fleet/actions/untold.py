"""What is private, taken out of what a target says of it: an error that quotes its request, a program that prints its
arguments. What was entered is known while its plan is; of a plan that was read from the records only its hash is."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fleet.actions.plan import Plan, Step
from fleet.text import scrub

MASK: Final = "***"
SHORTEST: Final = 4
"""Characters from which on a value is looked for; a shorter one would be found everywhere."""
RUN: Final = 16
"""Characters in a row from which on a piece of a value counts: a target may have cut it, or broken it into lines."""
_STEP: Final = RUN // 2
NOT_KEPT: Final = "what its target says of it is not written down, since it may repeat what is private"


class Untold:
    """The private values of a plan, by item."""

    def __init__(self, plan: Plan) -> None:
        private = [step for step in plan.steps if step.private]
        self._any = bool(private)
        self._steps: dict[int, list[Step]] = {}
        for step in private:
            self._steps.setdefault(step.item, []).append(step)

    def text(self, item: int, text: str) -> str:
        """`text` about an item without them, or a sentence in its place where they are not known any more."""
        steps = self._steps.get(item) if text else None
        if not steps:
            return text
        values = [value for step in steps for value in step.hidden]
        return without(text, values) if values else NOT_KEPT

    def found(self, item: int, found: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
        """As `text`, of what was found of an item; `known` are those that stand there already."""
        if item not in self._steps:
            return dict(found)
        told = {name: self.text(item, text) for name, text in found.items()}
        return {name: known.get(name, text) if text == NOT_KEPT else text for name, text in told.items()}

    def output(self, text: str) -> str:
        """As `text`, of what is printed, whichever item it is of."""
        if not self._any or not text:
            return text
        values = {value: None for steps in self._steps.values() for step in steps for value in step.hidden}
        return without(text, list(values)) if values else ""


def entered(value: Any) -> Iterator[str]:
    """The texts of a value as it was entered."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from entered(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def without(text: str, values: Sequence[str]) -> str:
    """`text` with `***` in the place of each value, and of each piece of one that is long enough to be one."""
    found = sorted(span for form in {form for value in values for form in _forms(value)} for span in _spans(text, form))
    kept: list[str] = []
    done = 0
    for begin, end in found:
        if begin > done or not kept:
            kept += [text[done:begin], MASK]
        done = max(done, end)
    return "".join([*kept, text[done:]])


def _forms(value: str) -> Iterator[str]:
    """As it is, as a line, as JSON writes it, and each of its lines."""
    as_json = (json.dumps(value, ensure_ascii=ascii)[1:-1] for ascii in (True, False))
    for form in (value, scrub(value, len(value) + 1), *as_json):
        if len(form.strip()) >= SHORTEST:
            yield form
    yield from (line for line in value.splitlines() if len(line.strip()) >= _STEP)


def _spans(text: str, form: str) -> Iterator[tuple[int, int]]:
    """Where it stands in `text`: whole, in pieces, or begun at the end, where a cut left no more of it."""
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)
    if len(form) > RUN:
        yield from _pieces(text, form)
    said = text.rstrip("….")
    for size in range(min(len(form) - 1, RUN), SHORTEST - 1, -1):
        if said.endswith(form[:size]):
            yield len(said) - size, len(said)
            return


def _pieces(text: str, form: str) -> Iterator[tuple[int, int]]:
    """A piece of `RUN` characters or more holds a window of half as many that begins at a multiple of that."""
    windows, done = {form[at : at + _STEP] for at in range(len(form) - _STEP + 1)}, 0
    for at in range(0, len(text) - _STEP + 1, _STEP):
        known = at >= done and text[at : at + _STEP] in windows
        begin, end = _piece(text, at, form) if known else (at, at)
        if end - begin >= RUN:
            yield begin, end
            done = end


def _piece(text: str, at: int, form: str) -> tuple[int, int]:
    """Where what stands in both begins and ends in `text`, around the window at `at`."""
    place = form.index(text[at : at + _STEP])
    begin, end = at, at + _STEP
    first, last = place, place + _STEP
    while begin > 0 and first > 0 and text[begin - 1] == form[first - 1]:
        begin, first = begin - 1, first - 1
    while end < len(text) and last < len(form) and text[end] == form[last]:
        end, last = end + 1, last + 1
    return begin, end
