"""`fleetdeck audit`: what was done can be read, checked and handed on, also while others write."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from actions.audit import AuditLog
from cli.main import main
from fleet.actions.audit import AuditEntry, Who, verify
from fleet.clock import ManualClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "fleetdeck"


@pytest.fixture
def log(folder: Path) -> AuditLog:
    """Six acts, an hour apart, over several files; every second one failed."""
    clock = ManualClock(NOW)
    log = AuditLog(folder, Who(actor="anna@edge-1", host="edge-1"), clock, 2_500)
    for number in range(6):
        entry = AuditEntry(
            fleet="blue",
            action="submit",
            targets=(f"planner-{number}",),
            reason="=HYPERLINK()",
            decision="intent",
            idempotency_key=f"k{number}",
        )
        log.write(entry)
        done = "failed" if number % 2 else "succeeded"
        log.write(AuditEntry(action="submit", targets=entry.targets, decision="outcome", outcome=done, status=200))
        clock.advance(3600)
    return log


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["audit", *args])


@pytest.mark.usefixtures("log")
def test_show_prints_the_newest_last_over_all_files() -> None:
    lines = run("show", "-n", "3").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["SEQ", "10", "11", "12"]
    assert "2026-03-01 17:00:00Z  anna@edge-1  submit  planner-5  outcome: failed" in lines[-1]
    rows = json.loads(run("show", "-o", "json").stdout)
    assert [row["seq"] for row in rows] == list(range(1, 13))


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("expr", "seqs"),
    [
        ("planner-3", [7, 8]),
        ("outcome:failed", [4, 8, 12]),
        ("actor:anna decision:intent targets:planner-0", [1]),
        ("action:rollback", []),
    ],
)
def test_show_filters_as_the_dashboard_does(expr: str, seqs: list[int]) -> None:
    done = run("show", "--filter", expr, "-o", "jsonl")
    assert done.exit_code == 0
    assert [json.loads(line)["seq"] for line in done.stdout.splitlines()] == seqs


def test_verify_says_what_is_wrong_and_where(log: AuditLog) -> None:
    done = run("verify")
    assert done.exit_code == 0
    assert done.stdout.startswith("whole: 12 lines in ")
    last = done.stdout.split()[-1]
    assert run("verify", "--known", last).exit_code == 0
    assert run("verify", "--known", "ab" * 32).exit_code == 1
    log.path.write_bytes(log.path.read_bytes().replace(b'"failed"', b'"fooled"', 1))
    done = run("verify")
    assert done.exit_code == 1
    assert done.stdout.startswith("broken: audit.jsonl:")
    assert "(edited)" in done.stdout


def test_verify_names_the_file_in_which_lines_are_gone(folder: Path, log: AuditLog) -> None:
    older = sorted(folder.glob("audit.jsonl.*"))[0]
    older.rename(folder / "elsewhere")
    done = run("verify")
    assert done.exit_code == 1
    assert "(removed)" in done.stdout
    assert run("verify", "--partial").exit_code == 0
    log.path.unlink()
    assert run("verify", "--partial").exit_code == 1


def test_wrong_usage_is_2_and_nothing_recorded_is_no_failure(folder: Path) -> None:
    assert run("verify").stdout == "nothing was recorded yet\n"
    assert "nothing was recorded yet" in run("show").stderr
    assert not list(folder.glob("audit*"))
    for args in (["export", "--since", "x"], ["show", "--filter", "(a"], ["verify", "--nonsense"]):
        assert run(*args).exit_code == 2


@pytest.mark.usefixtures("log")
def test_an_export_is_the_log_byte_by_byte(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "out.jsonl"
    assert run("export", str(file)).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert verify(file.read_bytes().splitlines(keepends=True)).lines == 12
    assert run("export").stdout_bytes == file.read_bytes()
    assert run("export", str(file)).exit_code == 1
    copy = tmp_path / "copy"
    folder.rename(copy)
    assert run("verify", "--folder", str(copy)).exit_code == 0


@pytest.mark.usefixtures("log")
def test_an_export_of_some_time_and_as_csv() -> None:
    between = ["--since", "2026-03-01T14:00Z", "--until", "2026-03-01T15:00Z"]
    lines = [json.loads(line) for line in run("export", *between).stdout.splitlines()]
    assert [line["seq"] for line in lines] == [5, 6]
    rows = run("export", *between, "-o", "csv").stdout.splitlines()
    assert len(rows) == 3
    assert rows[0].startswith("ts,seq,prev_hash,hash,actor")
    # A spreadsheet takes it for no formula.
    assert ",'=HYPERLINK()," in rows[1]


def test_a_line_that_cannot_be_read_is_counted_and_the_others_shown(log: AuditLog) -> None:
    log.path.write_bytes(b"nonsense \x1b[31m\n" + log.path.read_bytes())
    done = run("show")
    assert done.exit_code == 0
    assert "1 line cannot be read" in done.stderr
    assert "\x1b" not in done.output
    assert "planner-5" in done.stdout


def test_it_is_read_while_a_dashboard_writes(folder: Path) -> None:
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from actions.audit import AuditLog\n"
            "from fleet.actions.audit import AuditEntry, Who; from fleet.clock import SystemClock\n"
            "log = AuditLog(Path(sys.argv[1]), Who(actor='w@h'), SystemClock(), 5000)\n"
            "log.write(AuditEntry(action='submit')); print('on', flush=True)\n"
            "while True: log.write(AuditEntry(action='submit'))\n",
            str(folder),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert [run("verify").exit_code for _ in range(5)] == [0] * 5
        assert run("show", "-n", "2").exit_code == 0
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.communicate()


@pytest.mark.parametrize("width", [80, 160])
def test_in_a_terminal_the_lines_of_an_act_stand_together_and_what_they_share_once(folder: Path, width: int) -> None:
    log = AuditLog(folder, Who(actor="anna@edge-1"), ManualClock(NOW))
    rolled = AuditEntry(action="rollback", fleet="blue", targets=("gw-1", "gw-2"), reason="it burns", ticket="INC-7")
    rolled = replace(rolled, idempotency_key="9b1deb4d3b7d")
    for one in (
        replace(rolled, decision="intent"),
        replace(rolled, decision="sent", status=200, duration_s=1.5, targets=("stage 1 of 2: 50 %", *rolled.targets)),
        AuditEntry(action="freeze", decision="frozen", reason="R was pressed"),
        replace(rolled, decision="aborted", actor="bob@edge-2", duration_s=3),
        replace(
            rolled, decision="outcome", outcome="unknown", duration_s=4, error="stopped by bob@edge-2; " + "x " * 60
        ),
    ):
        log.write(one)
    lines = run_in_terminal(width, "show", "-o", "acts").splitlines()
    assert max(map(len, lines)) <= width
    assert lines[:3] == ["freeze", "  R was pressed", "  3  2026-03-01 12:00:00Z  frozen by anna@edge-1"]
    assert lines[4:9] == [
        "rollback gw-1, gw-2",
        "  blue · 9b1deb4d · it burns · INC-7",
        "  1  2026-03-01 12:00:00Z  intent by anna@edge-1",
        "  2  2026-03-01 12:00:00Z  sent 200 after 1.5s; stage 1 of 2: 50 %",
        "  4  2026-03-01 12:00:00Z  aborted in 3.0s by bob@edge-2",
    ]
    assert lines[9].startswith("  5  2026-03-01 12:00:00Z  outcome: unknown in 4.0s by anna@edge-1;")
    sent = run_in_terminal(width, "show", "-o", "acts", "--filter", "decision:sent")
    assert "rollback stage 1 of 2: 50 %, gw-1, gw-2" in sent


def run_in_terminal(width: int, *args: str) -> str:
    done = CliRunner(env={"COLUMNS": str(width)}).invoke(main, ["audit", *args])
    assert done.exit_code == 0, done.output
    return done.stdout
