"""Runs promtool and ours on the same files and puts their outputs side by side."""

import os
import re
import subprocess
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from click.testing import CliRunner

from cli.rules_test import test_command
from tests.fleet.rules.promtool_corpus import Case
from tests.real_prometheus import prometheus_binary

_HEAD = re.compile(r"^    (?:rule|alertname|expr): .*", re.M)
_ERROR = re.compile(r" err: .*", re.S)
_BEGIN = re.compile(r"^Unit Testing:  (.*)$", re.M)


class Outcome(NamedTuple):
    """What a program said of a file. `items` are the failing ones, whole; of an error only that there was one. A file
    that fails as a whole has none."""

    holds: bool
    items: tuple[str, ...]


def written(cases: Sequence[Case], folder: Path) -> list[Path]:
    """The cases as files; the paths of their tests."""
    paths = []
    for number, case in enumerate(cases):
        place = folder / f"{number:03d}-{case.name}"
        place.mkdir()
        for name, text in case.files.items():
            (place / name).write_text(text, encoding="utf-8")
        paths.append(place / "tests.yml")
    return paths


def promtool(paths: Sequence[Path]) -> tuple[int, list[Outcome]]:
    """Exit code and outcomes of promtool."""
    binary = prometheus_binary("promtool")
    assert binary is not None
    # It leaves the storage of every test behind in TMPDIR. Both streams in one pipe: Go writes unbuffered, so that they
    # stay in order.
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [binary, "test", "rules", *map(str, paths)],
            env={**os.environ, "TMPDIR": folder}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    return done.returncode, _outcomes(done.stdout.decode(), paths)


def ours(paths: Sequence[Path]) -> tuple[int, list[Outcome]]:
    """Exit code and outcomes of `fleetdeck rules test`."""
    done = CliRunner().invoke(test_command, [str(path) for path in paths])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, _outcomes(done.output, paths)


def _outcomes(output: str, paths: Sequence[Path]) -> list[Outcome]:
    parts = _BEGIN.split(output)[1:]
    assert parts[::2] == [str(path) for path in paths], output
    return [_outcome(text) for text in parts[1::2]]


def _outcome(text: str) -> Outcome:
    starts = [found.start() for found in _HEAD.finditer(text)]
    items = (text[begin:end] for begin, end in pairwise([*starts, len(text)]))
    return Outcome("  SUCCESS" in text, tuple(_ERROR.sub(" err", _tidy(item)) for item in items))


def _tidy(item: str) -> str:
    """Without blank lines, and without what belongs to the next item."""
    lines = [line.rstrip() for line in item.splitlines() if line.strip()]
    return "\n".join(line for line in lines if not line.startswith("    name: "))
