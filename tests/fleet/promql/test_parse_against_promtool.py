"""What is PromQL and what is not, compared with promtool 2.42 over expressions that are made up and then broken.

`python -m tests.fleet.promql.test_parse_against_promtool SEED COUNT` compares more by hand and prints what differs.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fleet.errors import QueryError
from fleet.promql.parse import parse
from tests.fleet.promql.test_parse import REFUSED, TAKEN
from tests.real_prometheus import prometheus_binary

ATOMS = (
    "x", 'x{a="b"}', 'x{a!="b",c=~".+"}', '{a=~"b|c"}', "1", "0x1f", "010", ".5", "5.", "1e3", "Inf", "nan", "x[5m]",
    "x[5m:1m]", "x[5m:]", "x offset 5m", "x offset -1h30m", "x @ 5", "x @ start()", "x[5m] offset 1m", "x[1m] @ 3",
    "rate(x[5m])", "sum(x)", "sum by(a)(x)", "sum(x) without(a,b,)", "topk(3,x)", "quantile(0.5,x)", '"str"', "'q'",
    'count_values("v",x)', "time()", "vector(1)", "scalar(x)", "abs(x)", 'label_replace(x,"a","$1","b","(.*)")',
    "absent(x)", "histogram_quantile(0.9,x)", "round(x,5)", "clamp(x,1,2)", "hour()", "foo:bar", "sum", "by", "start",
    "(x)", "-x", "+x", "avg_over_time(x[5m:1m] @ end())", "predict_linear(x[5m],3600)", "holt_winters(x[5m],0.1,0.2)",
    "quantile_over_time(0.5,x[5m])", "pi()", "last_over_time(x[5m])", "offset",
)  # fmt: skip
OPERATORS = (
    "+", "-", "*", "/", "%", "^", "==", "!=", "<", "<=", ">", ">=", "and", "or", "unless", "atan2", "== bool", "> bool",
    "+ on(a)", "- ignoring(a)", "* on(a) group_left", "/ on(a) group_left(b)", "== on() group_right(c)", "and on(a)",
    "or ignoring(b)", "unless on(a) group_left", "> bool on(a)", "+ on(a) group_left(a)", "+ bool",
)  # fmt: skip
PIECES = (
    "(", ")", "{", "}", "[", "]", ",", "x", "1", "5m", "+", "-", "by", "on", "ignoring", "sum", "offset", "@", "bool",
    "=", "=~", '"a"', "a", "start()", "group_left", "rate", ":", "==", "!", "or", "and", "1m", "without", "atan2",
)  # fmt: skip
_PIECE = re.compile(r'"[^"]*"|[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9a-z.]*|\s+|[=!<>]=|=~|.')
_REFUSED = re.compile(r'group "g", rule (\d+), "r": ')
KNOWN = ("@ start()[", "@ end()[", ":1", ":5")
"""Differences that stay: 2.42 overlooks `@ start()` before a range, and a name may begin with a colon and a digit."""


def made(rng: random.Random, depth: int = 0) -> str:
    """An expression, most of them right."""
    kind = rng.random()
    if depth > 3 or kind < 0.3:
        return rng.choice(ATOMS)
    inner = made(rng, depth + 1)
    if kind < 0.65:
        return f"{inner} {rng.choice(OPERATORS)} {made(rng, depth + 1)}"
    if kind < 0.75:
        return rng.choice("+-") + inner
    if kind < 0.85:
        return f"{rng.choice(('sum', 'avg by(a) ', 'rate', 'abs', 'scalar', 'sum_over_time', 'absent', ''))}({inner})"
    if kind < 0.95:
        return inner + rng.choice(("[5m]", "[5m:1m]", "[1h:]", " offset 5m", " @ 10", " @ start()", "[0s]", "[5]"))
    return f"{rng.choice(('topk', 'quantile'))}({inner}, {made(rng, depth + 1)})"


def broken(rng: random.Random, text: str) -> str:
    """`text` with a piece or two put in, taken out or replaced."""
    pieces = _PIECE.findall(text)
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(pieces)) if pieces else 0
        pieces[at : at + rng.randrange(2)] = rng.choice(((), (rng.choice(PIECES),), (rng.choice(PIECES),)))
    return "".join(pieces)


def refused_by_promtool(expressions: list[str], folder: Path) -> set[str]:
    """Those that promtool calls no PromQL."""
    program = prometheus_binary("promtool")
    assert program is not None
    rules = [{"record": "r", "expr": expression} for expression in expressions]
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run(
        [program, "check", "rules", "rules.yml"], cwd=folder, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    refused = {expressions[int(number) - 1] for number in _REFUSED.findall(said)}
    assert refused or "SUCCESS" in said, said
    return refused


def is_taken(expression: str) -> bool:
    """Whether it is PromQL here."""
    try:
        parse(expression)
    except QueryError:
        return False
    return True


def differing(expressions: list[str], folder: Path) -> list[str]:
    """Those that one of the two takes and the other refuses."""
    asked = [one for one in dict.fromkeys(expressions) if one.strip()]
    refused = refused_by_promtool(asked, folder)
    return [one for one in asked if is_taken(one) is (one in refused) and not any(known in one for known in KNOWN)]


def generated(seed: int, count: int) -> list[str]:
    """Expressions, right ones and broken ones."""
    rng = random.Random(seed)
    right = [made(rng) for _ in range(count)]
    return right + [broken(rng, made(rng, 1)) for _ in range(count)]


requires_promtool = pytest.mark.skipif(prometheus_binary("promtool") is None, reason="no promtool here")


@requires_promtool
def test_the_lists_of_the_tests_are_right(tmp_path: Path) -> None:
    assert differing([*TAKEN, *REFUSED], tmp_path) == []


@requires_promtool
@pytest.mark.parametrize("seed", range(3))
def test_the_same_expressions_are_promql(seed: int, tmp_path: Path) -> None:
    assert differing(generated(seed, 500), tmp_path) == []


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        chosen = generated(int(sys.argv[1]), int(sys.argv[2]))
        found = differing(chosen, Path(name))
        sys.stdout.writelines(f"{one!r}\n" for one in (*found, f"{len(set(chosen))} compared, {len(found)} differ"))
