"""What is wrong with templates and rollbacks beyond the types of their keys: names that nothing else in the
configuration has, placeholders that are no field, stages of what cannot be rolled in stages. A plan that rests on any
of it would be found out when it is too late, so it is an error when the configuration is read."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from config.action_options import RollbackOptions, StageOptions, TemplateOptions
from config.kinds import Kind
from config.problems import nearest
from config.schema import RootOptions
from config.template_fields import template_fields
from fleet.actions.rollback_plan import StageWish, wrong_shares
from fleet.actions.template import CAPABILITY, Field
from fleet.errors import ConfigError, FilterError
from fleet.gates.target import parse_target
from fleet.text import scrub

_KEYED = re.compile(r"(schema|fields\[\d+\]\.\w+): (.*)", re.S)

_COMMAND = "watch"

Mistake = tuple[str, str]
"""The key within the entry (`stages[1].gate`), and a sentence."""


class Names(Struct, frozen=True):
    """What rollbacks may name, None where that is not known; objectives may stand in files, which are read where one is
    asked for."""

    gates: tuple[str, ...] | None
    slos: Callable[[], tuple[str, ...] | None]
    """None where the files of objectives are wrong themselves."""


def names_in(options: RootOptions | None, root: Path) -> Names:
    """The gates and objectives of a configuration; None: something else in it is wrong, so these are not known."""
    if options is None:
        return Names(None, lambda: None)

    def slos() -> tuple[str, ...] | None:
        from config.slo.files import named_slos

        read = named_slos(options.slo_files, root)
        if read.problems:
            return None
        return (*(one.name for one in options.slos), *(one.name for one in read.definitions))

    return Names(tuple(map(scrub, options.gates)), slos)


def template_mistakes(
    head: TemplateOptions | None, options: Struct | None, kind: Kind[Any], root: Path
) -> Iterator[Mistake]:
    """What is wrong with a template; None for the part of it that has mistakes of its own: the other is looked at."""
    fields: tuple[Field, ...] | None = None
    names: list[str] | None = None
    if head is not None:
        yield from _filter_mistakes(head.agents)
        names = None if head.schema is not None else [one.name for one in head.fields]
        try:
            fields = template_fields(head, root)
            names = [field.name for field in fields]
        except ConfigError as error:
            found = _KEYED.fullmatch(str(error))
            yield (found[1], found[2]) if found else ("fields", str(error))
    if options is not None:
        yield from _text_mistakes(options, kind, names)
        yield from _choice_mistakes(options, kind, fields or ())


def _text_mistakes(options: Struct, kind: Kind[Any], fields: Collection[str] | None) -> Iterator[Mistake]:
    """Texts that are wrong, or name what is none of the `fields`; None: those are not known."""
    try:
        named = kind.named(options) if kind.named is not None else {}
    except ConfigError as error:
        yield "", str(error)
        return
    for key, names in named.items() if fields is not None else ():
        for name in sorted(set(names) - set(fields or ())):
            yield key, f"there is no field {name}, which it names as {{{name}}}{nearest(name, fields or ())}"


def _choice_mistakes(options: Struct, kind: Kind[Any], fields: Sequence[Field]) -> Iterator[Mistake]:
    """Fields that would take anything, although one is to be chosen: nobody says what there is."""
    empty = [place for place, one in enumerate(fields) if one.type == "choice" and not one.choices]
    if not empty or kind.offers is None:
        return
    try:
        offered = {CAPABILITY, *kind.offers(options)}
    except ConfigError:
        return  # said of its texts
    for place in empty:
        name = fields[place].name
        if name not in offered:
            yield f"fields[{place}].choices", f"{name} is a choice of which nobody says what there is; name its choices"


def queue_mistakes(head: TemplateOptions | None, queues: Collection[str] | None) -> Iterator[Mistake]:
    """Where a template's tasks are seen in a queue that is not among `queues`; None: those are not known."""
    if head is not None and head.queue is not None and queues is not None and scrub(head.queue) not in queues:
        yield "queue", f"there is no entry {head.queue} under queues{nearest(head.queue, queues)}"


def rollback_mistakes(
    head: RollbackOptions | None, options: Struct | None, kind: Kind[Any], names: Names
) -> Iterator[Mistake]:
    """What is wrong with a rollback; None for the part of it that has mistakes of its own: the other is looked at."""
    if head is None:
        return
    if head.name == _COMMAND:
        yield "name", f"`fleetdeck rollback {_COMMAND}` follows rollbacks: nothing else can be called so"
    yield from _filter_mistakes(head.agents)
    known = names.slos() if head.slo is not None else None
    if head.slo is not None and known is not None and scrub(head.slo) not in known:
        yield "slo", f"there is no objective {head.slo}{nearest(head.slo, known)}"
    yield from _gate_mistakes("gate", head.gate, names.gates)
    if head.stages and options is not None and kind.staged is not None and not kind.staged(options):
        parts = "; neither {share} nor {percent} stands in its `to`" if hasattr(options, "to") else ""
        yield "stages", f"what is rolled back by {kind.name} as it stands here cannot be rolled in stages{parts}"
        return
    for place, stage in enumerate(head.stages):
        yield from _gate_mistakes(f"stages[{place}].gate", stage.gate, names.gates)
        yield from _expr_mistakes(f"stages[{place}]", stage)
    wrong = wrong_shares([StageWish(share=stage.share) for stage in head.stages]) if head.stages else ""
    if wrong:
        yield "stages", wrong


def _filter_mistakes(text: str) -> Iterable[Mistake]:
    if not text:
        return
    from fleet.filters.filter import parse_filter
    from fleet.views.agents import VIEW

    try:
        parse_filter(text, VIEW)
    except FilterError as error:
        yield "agents", str(error)


def _gate_mistakes(key: str, gate: str | None, known: Collection[str] | None) -> Iterable[Mistake]:
    if gate is not None and known is not None and scrub(gate) not in known:
        yield key, f"there is no gate {gate}{nearest(gate, known)}"


def _expr_mistakes(key: str, stage: StageOptions) -> Iterable[Mistake]:
    if stage.expr is None:
        if stage.target:
            yield f"{key}.target", "without expr nothing has to reach it"
        return
    try:
        parse_target(stage.target)
    except ValueError as error:
        yield f"{key}.target" if stage.target else f"{key}.expr", str(error)
