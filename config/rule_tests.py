"""Reads unit tests of rules in the format of `promtool test rules`, as strictly as promtool does: an unknown key, a
wrong type, or a duration that Prometheus does not know is an error."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from config.file_text import read_text, shown_path
from config.problems import Problems, nearest
from config.yaml_tree import Mapping, Node, Scalar, Sequence, read_tree
from fleet.errors import ConfigError
from fleet.rules.durations import rule_duration
from fleet.rules.testing.model import (
    AlertCase,
    ExpectedAlert,
    ExpectedSample,
    ExprCase,
    InputSeries,
    RuleTests,
    Scenario,
)
from fleet.rules.testing.run import repeated_group

FILE_BYTES = 8 * 1024 * 1024
"""Bytes of a file of tests."""
FILE_NODES = 500_000
"""Values in it, aliases counted as often as they are used."""

T = TypeVar("T")


def read_rule_tests(path: Path) -> RuleTests:
    """The tests in a file. Raises ConfigError: every mistake, one a line."""
    file, problems = shown_path(path), Problems()
    tree = read_tree(read_text(path, FILE_BYTES), problems, FILE_NODES)
    if tree is None or len(problems):
        if len(problems):
            raise problems.error(file)
        return RuleTests()
    tests = _Reader(problems).tests(tree)
    if not len(problems) and (repeated := repeated_group(tests.group_order)) is not None:
        problems.add(tree.line, "group_eval_order", f"group name repeated in evaluation order: {repeated}")
    if len(problems):
        raise problems.error(file)
    return tests


def rule_files_of(tests: RuleTests, folder: Path) -> tuple[list[Path], list[str]]:
    """The rule files that tests name, relative to the folder of the tests, and the patterns that name none."""
    found, missing = [], []
    for pattern in tests.rule_files:
        paths = _glob(folder / pattern)
        found += paths
        if not paths:
            missing.append(str(folder / pattern))
    return found, missing


class _Reader:
    """Turns nodes into values; what is wrong goes to `problems`."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def tests(self, node: Node) -> RuleTests:
        keys = self._keys(node, "", "rule_files", "evaluation_interval", "group_eval_order", "tests")
        return RuleTests(
            rule_files=tuple(self._texts(keys.get("rule_files"), "rule_files")),
            evaluation_interval_ms=self._duration(keys.get("evaluation_interval"), "evaluation_interval") or 60_000,
            group_order=tuple(self._texts(keys.get("group_eval_order"), "group_eval_order")),
            scenarios=tuple(self._each(keys.get("tests"), "tests", self._scenario)),
        )

    def _scenario(self, node: Node, key: str) -> Scenario:
        keys = self._keys(
            node, key, "interval", "input_series", "alert_rule_test", "promql_expr_test", "external_labels",
            "external_url", "name",
        )  # fmt: skip
        return Scenario(
            name=self._text(keys.get("name"), f"{key}.name"),
            interval_ms=self._duration(keys.get("interval"), f"{key}.interval"),
            input_series=tuple(self._each(keys.get("input_series"), f"{key}.input_series", self._series)),
            alerts=tuple(self._each(keys.get("alert_rule_test"), f"{key}.alert_rule_test", self._alert)),
            exprs=tuple(self._each(keys.get("promql_expr_test"), f"{key}.promql_expr_test", self._expr)),
            external_labels=self._labels(keys.get("external_labels"), f"{key}.external_labels"),
            external_url=self._text(keys.get("external_url"), f"{key}.external_url"),
        )

    def _series(self, node: Node, key: str) -> InputSeries:
        keys = self._keys(node, key, "series", "values")
        return InputSeries(*(self._text(keys.get(name), f"{key}.{name}") for name in ("series", "values")))

    def _alert(self, node: Node, key: str) -> AlertCase:
        keys = self._keys(node, key, "eval_time", "alertname", "exp_alerts")
        return AlertCase(
            eval_time_ms=self._duration(keys.get("eval_time"), f"{key}.eval_time"),
            alertname=self._text(keys.get("alertname"), f"{key}.alertname"),
            expected=tuple(self._each(keys.get("exp_alerts"), f"{key}.exp_alerts", self._expected)),
        )

    def _expected(self, node: Node, key: str) -> ExpectedAlert:
        keys = self._keys(node, key, "exp_labels", "exp_annotations")
        return ExpectedAlert(
            *(self._labels(keys.get(name), f"{key}.{name}") for name in ("exp_labels", "exp_annotations"))
        )

    def _expr(self, node: Node, key: str) -> ExprCase:
        keys = self._keys(node, key, "expr", "eval_time", "exp_samples")
        return ExprCase(
            expr=self._text(keys.get("expr"), f"{key}.expr"),
            eval_time_ms=self._duration(keys.get("eval_time"), f"{key}.eval_time"),
            expected=tuple(self._each(keys.get("exp_samples"), f"{key}.exp_samples", self._sample)),
        )

    def _sample(self, node: Node, key: str) -> ExpectedSample:
        keys = self._keys(node, key, "labels", "value")
        return ExpectedSample(
            self._text(keys.get("labels"), f"{key}.labels"), self._number(keys.get("value"), f"{key}.value")
        )

    def _keys(self, node: Node, key: str, *known: str) -> dict[str, Node]:
        """The entries of a mapping; nothing for null."""
        if _is_null(node):
            return {}
        if not isinstance(node, Mapping):
            self._problems.add(node.line, key, "a mapping is wanted")
            return {}
        for name, line in node.lines.items():
            if name not in known and name in node.entries:
                self._problems.add(line, key, f'unknown key "{name}"{nearest(name, known)}')
        return node.entries

    def _each(self, node: Node | None, key: str, read: Callable[[Node, str], T]) -> Iterator[T]:
        """The items of a list; one that is null is an empty one."""
        if node is None or _is_null(node):
            return
        if not isinstance(node, Sequence):
            self._problems.add(node.line, key, "a list is wanted")
            return
        for place, item in enumerate(node.items):
            yield read(item, f"{key}[{place}]")

    def _texts(self, node: Node | None, key: str) -> Iterator[str]:
        return self._each(node, key, self._text)

    def _text(self, node: Node | None, key: str) -> str:
        """A scalar as it is written; numbers and booleans are text here, as for promtool."""
        if node is None:
            return ""
        if isinstance(node, Scalar):
            return node.text
        self._problems.add(node.line, key, "text is wanted")
        return ""

    def _labels(self, node: Node | None, key: str) -> dict[str, str]:
        if node is None or _is_null(node):
            return {}
        if isinstance(node, Mapping):
            return {name: self._text(value, f"{key}.{name}") for name, value in node.entries.items()}
        self._problems.add(node.line, key, "a mapping of names to text is wanted")
        return {}

    def _duration(self, node: Node | None, key: str) -> int:
        """Milliseconds."""
        if node is None or _is_null(node):
            return 0
        try:
            return round(rule_duration(self._text(node, key)) * 1000)
        except ValueError as error:
            self._problems.add(node.line, key, str(error))
            return 0

    def _number(self, node: Node | None, key: str) -> float:
        if node is None or _is_null(node):
            return 0.0
        if isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return float(node.value)
        self._problems.add(node.line, key, "a number is wanted")
        return 0.0


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _glob(pattern: Path) -> list[Path]:
    """The files that a pattern of Go's filepath.Glob names: `*`, `?`, `[a-z]`, `[^a]`, in any part of it; sorted."""
    found = [Path(pattern.anchor)]
    for part in pattern.parts[1 if pattern.anchor else 0 :]:
        if not set(part) & set("*?[\\"):
            found = [path / part for path in found if (path / part).exists() or part == ".."]
            continue
        form = _form(part)
        found = [
            entry for path in found if path.is_dir() for entry in sorted(path.iterdir()) if form.fullmatch(entry.name)
        ]
    return found


def _form(part: str) -> re.Pattern[str]:
    """A part of a pattern as a regular expression."""
    text, at = "", 0
    while at < len(part):
        letter = part[at]
        closing = part.find("]", at + 2) if letter == "[" else -1
        if letter == "\\" and at + 1 < len(part):
            text, at = text + re.escape(part[at + 1]), at + 2
        elif closing > 0:
            inner = part[at + 1 : closing]
            negated = inner.startswith("^")
            inner = re.sub(r"([\[\]\\^&~|])", r"\\\1", inner[1:] if negated else inner)
            text, at = f"{text}[{'^' if negated else ''}{inner}]", closing + 1
        else:
            text, at = text + {"*": ".*", "?": "."}.get(letter, re.escape(letter)), at + 1
    try:
        return re.compile(text, re.S)
    except re.error as error:
        raise ConfigError(f"rule_files: {part!r} is no pattern: {error}") from error
