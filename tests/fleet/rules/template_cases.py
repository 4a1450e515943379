"""Templates that are tried against Prometheus: written by hand, and made from a seed."""

import json
from pathlib import Path
from random import Random

from tests.fleet.rules.template_oracle import Case

VALUES = (
    0.0, -0.0, 1.0, -1.0, 0.5, 0.1, 1e-7, 123.456, 1234567.0, 1e6, 1e20, 1e21, 1e22, 12345678901234567890.0, 99.99999,
    -98765.4321, 1.0005, 999.95, 1023.99, 1024.0, 3661.0, 90061.5, -90061.0, 59.99996, 0.0001, 0.00001, 2.5e-12, 1e300,
    5e-324, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan"), 1500000000.123, 1e15, 1e19, 0.7, 7.0,
)  # fmt: skip

WRITTEN = tuple(
    json.loads(line)
    for line in Path(__file__).with_name("templates_written.jsonl").read_text(encoding="utf-8").split("\n")
    if line
)
"""Templates, a JSON text a line: values, delimiters, literals, conditions, loops, functions, and mistakes in them."""

_OF_VALUE = (
    "{{ $value }}", "{{ humanize $value }}", "{{ humanize1024 $value }}", "{{ humanizeDuration $value }}",
    "{{ humanizePercentage $value }}", "{{ humanizeTimestamp $value }}", "{{ toTime $value }}",
    "{{ $value | printf `%.2f` }}",
    "{{ if $value }}t{{ else }}f{{ end }}", "{{ eq $value 1.0 }} {{ lt $value 1.0 }} {{ ge $value 1.0 }}",
    "{{ not $value }}",
)  # fmt: skip


def written() -> list[Case]:
    """Every template that was written by hand, and every value through what formats values."""
    cases = [Case(template, (123.456, 0.0)[at % 7 == 0]) for at, template in enumerate(WRITTEN)]
    return cases + [Case(template, value) for template in _OF_VALUE for value in VALUES]


def generated(count: int, seed: int) -> list[Case]:
    """Templates by chance: verbs with flags, pipelines of functions, conditions, loops, and pieces that are cut."""
    random = Random(seed)
    makers = (_printf, _printf, _function, _pipeline, _nested, _cut)
    return [Case(random.choice(makers)(random), random.choice(VALUES)) for _ in range(count)]


def _literal(random: Random) -> str:
    return random.choice(
        ("1", "-7", "0", "2.5", "1e9", "0x1F", "'x'", '"a b"', '"<京>"', '""', "true", "nil", "$value", "$labels.a",
         "$labels.none", "$labels.num", "$labels", ".Value", "(print 1 2)", "`12.5`", '(query "alone" | first)',
         "(safeHtml `h`)")
    )  # fmt: skip


def _printf(random: Random) -> str:
    verbs = []
    for _ in range(random.randint(1, 4)):
        flags = "".join(random.sample("+-# 0", random.choice((0, 0, 1, 1, 2, 3))))
        width = random.choice(("", "", "", "1", "8", "12", "*"))
        precision = random.choice(("", "", "", ".", ".0", ".1", ".3", ".12", ".*"))
        index = random.choice(("", "", "", "", "[1]", "[2]", "[9]"))
        verbs.append(f"%{flags}{width}{precision}{index}{random.choice('vvdfeEgGsqxXtbcoOUT%')}")
    arguments = [_literal(random) for _ in range(random.randint(0, 5))]
    form = random.choice((" ", "|", ", ")).join(verbs)
    return f"{{{{ printf `{form}` {' '.join(arguments)} }}}}"


_UNARY = (
    "humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp", "title", "toUpper",
    "toLower", "stripPort", "stripDomain", "html", "js", "urlquery", "print", "println", "len", "not", "safeHtml",
    "parseDuration",
    "first", "value", "strvalue", "toTime", "graphLink", "tableLink", "args",
)  # fmt: skip
_BINARY = ("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "index", "slice", "print", "label", "sortByLabel", "match")


def _function(random: Random) -> str:
    if random.random() < 0.5:
        return f"{{{{ {random.choice(_UNARY)} {_literal(random)} }}}}"
    return f"{{{{ {random.choice(_BINARY)} {_literal(random)} {_literal(random)} }}}}"


def _pipeline(random: Random) -> str:
    parts = [_literal(random)]
    for _ in range(random.randint(1, 3)):
        name = random.choice(_UNARY + _BINARY)
        parts.append(f"{name} {_literal(random)}" if name in _BINARY else name)
    return f"{{{{ {' | '.join(parts)} }}}}"


def _nested(random: Random, depth: int = 0) -> str:
    inner = _nested(random, depth + 1) if depth < 3 and random.random() < 0.7 else _pipeline(random)
    other = _function(random)
    return random.choice(
        (
            f"{{{{ if {_literal(random)} }}}}{inner}{{{{ else }}}}{other}{{{{ end }}}}",
            f"{{{{- with {_literal(random)} -}}}} {{{{ . }}}} {inner} {{{{- end }}}}",
            f"{{{{ range $k, $v := $labels }}}}{{{{ $k }}}} {inner}{{{{ if eq $k `b` }}}}{{{{ break }}}}{{{{ end }}}}"
            "{{ else }}e{{ end }}",
            f"{{{{ range query `alone` }}}}{{{{ .Value }}}}{inner}{{{{ end }}}}",
            f"{{{{ $x := {_literal(random)} }}}}{inner}{{{{ $x }}}}{{{{ $x = {_literal(random)} }}}}{{{{ $x }}}}",
            f'{{{{ define "t" }}}}{{{{ . }}}}{other}{{{{ end }}}}{{{{ template "t" {_literal(random)} }}}}'
            if depth == 0
            else inner,
        )
    )


def _cut(random: Random) -> str:
    """A template with a piece missing, or one character too many."""
    text = random.choice((_nested, _pipeline, _printf))(random)
    at = random.randrange(len(text))
    return (
        text[:at]
        + random.choice(("", "", "(", ")", "|", ".", "$", " ", "}", "{", "-", '"', "1", "x", "="))
        + text[at + 1 :]
    )
