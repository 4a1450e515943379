"""`make fuzz`: a hundred thousand hostile texts through the real program, every reader with thousands of inputs, and
how the cost of reading grows. Prints one table each; exits with 1 where anything was found.

`python -m tests.fuzz [--strings N] [--examples N] [--seed N]`
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.collected import show
from tests.fuzz.dashboard import Dashboard, LostError
from tests.fuzz.ecma48 import Finding
from tests.fuzz.hostile import Hostile
from tests.fuzz.linear import SUSPECT, growths
from tests.fuzz.parsers import TARGETS, Target, outcome
from tests.fuzz.walk import Report, Walk

COLLECTED_SHARE = 0.1
"""The share of the texts that goes through the real collectors; the rest is put into the store, as raw as it is."""
BATCHES = 20
"""Batches of one dashboard, before another is started under another name."""
LANES = 2
"""Dashboards at a time."""
_OUTPUTS = (["agents"], ["tasks", "-o", "csv"], ["sources", "-o", "json"], ["backlog", "-o", "jsonl"], ["events"])


def main() -> None:
    """Run everything, print, and say by the exit code whether anything was found."""
    wanted = argparse.ArgumentParser(prog="make fuzz")
    wanted.add_argument("--strings", type=int, default=100_000)
    wanted.add_argument("--examples", type=int, default=400)
    wanted.add_argument("--seed", type=int, default=1)
    asked = wanted.parse_args()
    found = _texts(asked.strings, asked.seed)
    found += _readers(asked.examples)
    found += _costs()
    _say(f"\n{found} findings" if found else "\nnothing was found")
    sys.exit(1 if found else 0)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# ── Texts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _texts(strings: int, seed: int) -> int:
    began = time.monotonic()
    shares = [int(strings * (1 - COLLECTED_SHARE) / LANES)] * LANES
    with ThreadPoolExecutor(LANES) as lanes:
        reports = list(lanes.map(_stored, shares, range(seed * 1_000, seed * 1_000 + LANES)))
    reports.append(_collected(int(strings * COLLECTED_SHARE), seed))
    kinds = sum((report.kinds for report in reports), Counter[str]())
    findings = [finding for report in reports for finding in report.findings]
    _say("| hostile text | strings |\n|---|---|")
    for kind, number in sorted(kinds.items()):
        _say(f"| {kind} | {number:,} |")
    _say("\n| what | number |\n|---|---|")
    for what, number in (
        ("strings in all", sum(report.strings for report in reports)),
        ("of them through files, HTTP and the collectors", reports[-1].strings),
        ("screens walked through", sum(report.screens for report in reports)),
        ("names found again on the screen", sum(report.seen for report in reports)),
        ("bytes read from the terminal", sum(report.bytes for report in reports)),
        ("sequences and runs of text in them", sum(report.tokens for report in reports)),
        ("outputs read (`get`, `screenshot`, `config`)", sum(report.printed for report in reports)),
        ("control bytes or sequences that are not our own", len(findings)),
        ("seconds", round(time.monotonic() - began)),
    ):
        _say(f"| {what} | {number:,} |")
    for finding in findings[:20]:
        _say(f"FOUND {finding.what}: {finding.around}")
    return len(findings)


def _stored(strings: int, seed: int) -> Report:
    """Texts put into the store, on one dashboard after the other."""
    report = Report()
    while report.strings < strings:
        with tempfile.TemporaryDirectory(prefix="fleetdeck-fuzz-") as name:
            folder = Path(name)
            command = ["-m", "tests.fuzz.driver", str(seed + report.strings), str(report.strings)]
            with Dashboard(command, folder) as dashboard:
                try:
                    _through_batches(dashboard, folder, report, strings)
                except LostError as error:
                    report.findings.append(Finding(f"seed {command[2:]}: {str(error)[:300]}", ""))
                    report.strings += 1
            report.bytes += dashboard.screen.bytes
            report.tokens += dashboard.screen.tokens
            report.findings += dashboard.screen.findings
            if list(folder.rglob("canary-*")):
                report.findings.append(Finding("a shell ran", ""))
    return report


def _through_batches(dashboard: Dashboard, folder: Path, report: Report, strings: int) -> None:
    dashboard.ask()
    walk = Walk(dashboard, folder, report)
    for number in range(BATCHES):
        if report.strings >= strings:
            break
        walk.batch(thorough=number % 5 == 0)
    dashboard.press("q")
    code = dashboard.end()
    if code:
        raise LostError(f"it ended with {code}")


def _collected(strings: int, seed: int) -> Report:
    """Texts given by a hostile fleet, to the real program."""
    report = Report()
    while report.strings < strings:
        with tempfile.TemporaryDirectory(prefix="fleetdeck-fuzz-") as name:
            try:
                show(Path(name), Hostile(seed + report.strings, report.strings), report, outputs=_OUTPUTS)
            except LostError as error:
                report.findings.append(Finding(f"seed {seed + report.strings}: {str(error)[:300]}", ""))
                report.strings += 1
    return report


# ── Readers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _readers(examples: int) -> int:
    _say("\n| reader | inputs | values | named errors | anything else |\n|---|---|---|---|---|")
    found = 0
    for name, target in TARGETS.items():
        outcomes, failure = _read(target, examples)
        errors = sum(number for outcome, number in outcomes.items() if outcome != "value")
        found += bool(failure)
        _say(f"| {name} | {sum(outcomes.values()):,} | {outcomes['value']:,} | {errors:,} | {failure or 0} |")
    return found


def _read(target: Target, examples: int) -> tuple[Counter[str], str]:
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="fleetdeck-fuzz-") as name:

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        @given(target.inputs)
        def check(content: bytes) -> None:
            outcomes[outcome(target, content, Path(name))] += 1

        try:
            check()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
            return outcomes, f"{type(error).__name__}: {str(error)[:200]!a}"
    return outcomes, ""


# ── Costs ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _costs() -> int:
    _say("\n| reader | shape | bytes n | ms for n | ms for 2n | ms for 4n | times |\n|---|---|---|---|---|---|---|")
    found = 0
    with tempfile.TemporaryDirectory(prefix="fleetdeck-fuzz-") as name:
        for growth in growths(Path(name)):
            suspect = growth.ratio > SUSPECT
            found += suspect
            times = f"{growth.ratio:.1f}{' FOUND' if suspect else ''}"
            cells = [
                growth.reader,
                growth.shape,
                f"{growth.size:,}",
                *(f"{1000 * cost:.0f}" for cost in growth.seconds),
                times,
            ]
            _say(f"| {' | '.join(cells)} |")
    return found


if __name__ == "__main__":
    main()
