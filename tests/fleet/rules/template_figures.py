"""Compares expansions with Prometheus's: `python -m tests.fleet.rules.template_figures COUNT SEED` prints figures."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fleet.rules.template import TemplateData, TemplateError, check_template, expand
from tests.fleet.rules.template_cases import generated, written
from tests.fleet.rules.template_oracle import EXTERNAL, LABELS, Case, Expanded, answer, expansions

_ERROR = "<error expanding template"
_POINTER = "0xc0"
_QUERY = "error calling query"


class Figures(NamedTuple):
    """How many were compared; those that came out differently; errors with other words."""

    compared: int
    values: list[tuple[Case, Expanded, Expanded]]
    words: list[tuple[Case, Expanded, Expanded]]


def compare(cases: Sequence[Case], folder: Path) -> Figures:
    """Every case here and there. Left out are texts with an address in Prometheus's memory, and queries that its
    parser refuses, which the stand-in for queries here does not have."""
    theirs, url = expansions(cases, folder)
    figures = Figures(sum(_fair(one) for one in theirs), [], [])
    for at, (case, wanted) in enumerate(zip(cases, theirs, strict=True)):
        found = _ours(case, f"C{at}", url)
        if not _fair(wanted) or found == wanted:
            continue
        both = found.refused == wanted.refused and (
            wanted.refused or {_ERROR in found.text, _ERROR in wanted.text} == {True}
        )
        (figures.words if both else figures.values).append((case, wanted, found))
    return figures


def _fair(wanted: Expanded) -> bool:
    return _POINTER not in wanted.text and _QUERY not in wanted.text


def _ours(case: Case, name: str, url: str) -> Expanded:
    data = TemplateData(labels=LABELS, value=case.value, external_labels=EXTERNAL, external_url=url, name=name)
    try:
        check_template(case.template, name)
    except TemplateError as error:
        return Expanded(str(error), refused=True)
    return Expanded(expand(case.template, data, answer))


def main() -> None:
    """Print the figures, and what differs."""
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        figures = compare([*written(), *generated(count, seed)], Path(folder))
    for what, found in (("differs", figures.values), ("other words", figures.words)):
        for case, wanted, ours in found:
            sys.stdout.write(f"{what}: {case}\n  theirs {wanted.text!r:.400}\n  ours   {ours.text!r:.400}\n")
    counts = f"{figures.compared} compared, {len(figures.values)} differ"
    sys.stdout.write(f"{counts}, {len(figures.words)} errors with other words\n")


if __name__ == "__main__":
    main()
