"""The real program over the hostile fleet: collected once, then shown, printed and drawn in every way it has."""

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from fleet.view_line import TABS
from tests.fuzz.dashboard import Dashboard, environment
from tests.fuzz.ecma48 import Finding
from tests.fuzz.fleet import HostileFleet
from tests.fuzz.hostile import Hostile
from tests.fuzz.outputs import findings_in
from tests.fuzz.walk import TITLES, WALKED, Report, title_of

COMMAND = ["-m", "cli.main"]
OUTPUTS = [
    [view, "-o", output] for view in WALKED if view != "overview" for output in ("table", "json", "jsonl", "csv")
]


def show(folder: Path, hostile: Hostile, report: Report, *, outputs: Sequence[Sequence[str]] = OUTPUTS) -> Dashboard:
    """One fleet: on the dashboard, then printed by `get` in each of `outputs`, drawn, and its configuration shown."""
    with HostileFleet(folder, hostile) as fleet:
        with Dashboard(COMMAND, folder) as dashboard:
            _walk(dashboard, fleet, report)
            dashboard.press("q")
            code = dashboard.end()
        if code:
            report.findings.append(Finding(f"the dashboard ended with {code}", ""))
        for arguments in outputs:
            _print(folder, ["get", *arguments], report)
        for name in ("frame.svg", "frame.txt"):
            _print(folder, ["screenshot", "agents", "--size", "160x50", "-o", name], report)
            report.findings += findings_in((folder / name).read_bytes(), name)
        for arguments in (["config", "show"], ["config", "show", "-o", "json"], ["config", "validate"]):
            _print(folder, arguments, report)
        for log in sorted((folder / "state" / "fleetdeck").glob("fleetdeck.log*")):
            report.findings += findings_in(log.read_bytes(), log.name)
    report.add([sample.kind for sample in fleet.samples])
    report.bytes += dashboard.screen.bytes
    report.tokens += dashboard.screen.tokens
    report.findings += dashboard.screen.findings
    return dashboard


def _walk(dashboard: Dashboard, fleet: HostileFleet, report: Report) -> None:
    for view in WALKED:
        title = TITLES[view]
        dashboard.press(str(TABS.index(view) + 1))
        dashboard.wait(partial(_is_titled, title), title)
        markers = fleet.leading.get(view, [])
        dashboard.see(markers, f"the {view} that were collected")
        report.seen += len(markers)
        report.screens += 2
        if view == "overview":
            continue
        dashboard.press("g\r", lambda shown: "›" in title_of(shown), f"the first of the {view}")
        dashboard.press("\x1b", lambda shown: "›" not in title_of(shown), f"the {view} again")


def _is_titled(title: str, shown: str) -> bool:
    return title in title_of(shown)


def _print(folder: Path, arguments: Sequence[str], report: Report) -> None:
    done = subprocess.run(
        [sys.executable, *COMMAND, *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        timeout=120,
        check=False,
    )
    report.printed += 1
    name = " ".join(arguments)
    report.findings += findings_in(done.stdout, f"{name} (stdout)") + findings_in(done.stderr, f"{name} (stderr)")
    if done.returncode not in (0, 1) or b"Traceback" in done.stderr:
        report.findings.append(
            Finding(f"{name} ended with {done.returncode}", done.stderr.decode(errors="replace")[-400:])
        )
