"""sloth's files (`version: prometheus/v1`): events and raw indicators over 30 days. `{{.window}}` in a query, which
sloth fills in, becomes five minutes; counters are read sample by sample either way."""

import re
from typing import Any

from msgspec import Struct

from config.check import Checker
from config.problems import Problems
from config.slo.values import check_query, parse_target
from config.yaml_tree import Mapping
from fleet.slo.definition import Counted, Indicator, Objective, Raw, Rolling, SloDefinition, Source
from fleet.text import scrub

VERSION = "prometheus/v1"
_WINDOW = re.compile(r"\{\{\s*\.window\s*\}\}")
_LEFT = re.compile(r"\{\{")
_SPAN_S = 30 * 86_400.0


class _Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all shapes share."""


class _Events(_Shape, frozen=True, kw_only=True):
    error_query: str
    total_query: str


class _RawSli(_Shape, frozen=True, kw_only=True):
    error_ratio_query: str


class _Sli(_Shape, frozen=True, kw_only=True):
    events: _Events | None = None
    raw: _RawSli | None = None
    plugin: dict[str, Any] | None = None


class _Slo(_Shape, frozen=True, kw_only=True):
    name: str
    objective: float
    sli: _Sli
    description: str = ""
    labels: dict[str, str] = {}
    alerting: dict[str, Any] = {}
    plugins: dict[str, Any] | None = None


class _File(_Shape, frozen=True, kw_only=True):
    version: str
    service: str
    slos: tuple[_Slo, ...]
    labels: dict[str, str] = {}
    slo_plugins: dict[str, Any] | None = None


def read_sloth(tree: Mapping, file: str, checker: Checker, problems: Problems) -> list[SloDefinition]:
    """The definitions of a document; one that is wrong is left out."""
    found = checker.struct(tree, _File, "")
    if found is None:
        return []
    made = []
    for number, one in enumerate(found.slos):
        try:
            made.append(_made(found, one, f"{file}:{tree.line}"))
        except ValueError as error:
            problems.add(tree.lines.get("slos", tree.line), f"slos[{number}]", str(error))
    return made


def _made(found: _File, one: _Slo, place: str) -> SloDefinition:
    labels = {**found.labels, **one.labels}
    return SloDefinition(
        name=scrub(f"{found.service}-{one.name}"),
        objectives=(Objective(target=parse_target(f"{one.objective}%"), indicator=_indicator(one.sli)),),
        window=Rolling(_SPAN_S),
        service=scrub(found.service),
        description=scrub(one.description),
        source=Source.PROMETHEUS,
        labels={scrub(name): scrub(value) for name, value in labels.items()},
        place=place,
    )


def _indicator(sli: _Sli) -> Indicator:
    if sli.plugin is not None:
        raise ValueError("SLI plugins are not supported; events and raw are")
    if sli.events is not None and sli.raw is None:
        return Counted(total=_query(sli.events.total_query), bad=_query(sli.events.error_query))
    if sli.raw is not None and sli.events is None:
        return Raw(query=_query(sli.raw.error_ratio_query), success=False)
    raise ValueError("an SLI is either events or raw")


def _query(text: str) -> str:
    filled = _WINDOW.sub("5m", text)
    if _LEFT.search(filled):
        raise ValueError("a template other than {{.window}} stands in a query")
    check_query(filled)
    return filled
