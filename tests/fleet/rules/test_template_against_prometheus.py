"""Templates against a real Prometheus, which expands them with Go's own engine: the same text, to the last character.

Errors are compared by their words, too. More by hand: `python -m tests.fleet.rules.template_figures 10000 7`.
"""

from pathlib import Path

from tests.fleet.rules.template_cases import generated, written
from tests.fleet.rules.template_figures import compare
from tests.real_prometheus import requires_prometheus

GENERATED = 2_000


@requires_prometheus
def test_templates_give_what_prometheus_gives(tmp_path: Path) -> None:
    figures = compare([*written(), *generated(GENERATED, seed=42)], tmp_path)
    assert figures.values == []
    assert figures.compared > 0.9 * (GENERATED + len(written()))
    # Of a few errors the words differ, which docs/rules.md says; that it is one never does.
    assert len(figures.words) <= figures.compared / 100
