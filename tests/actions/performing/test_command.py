"""Real processes of a plan, well-behaved and not: each ends, none is left over, none is believed more than it said."""

import asyncio
import gc
import os
import signal
import sys
import time
from itertools import product
from pathlib import Path

import pytest

from actions.performing.command import run
from actions.transcript import Transcript
from fleet.actions.action import Result, Sent
from fleet.actions.plan import CommandRun, SecretName

pytestmark = pytest.mark.anyio


def python(program: str, folder: Path, **fields: object) -> CommandRun:
    argv = (sys.executable, "-I", "-S", "-c", program)
    # Long enough for a program on a busy machine; what a limit does is seen by `LoopTime`.
    return CommandRun(**({"argv": argv, "cwd": str(folder), "timeout_s": 600.0, "kill_after_s": 5.0} | fields))  # type: ignore[arg-type]


def number(path: Path) -> int | None:
    text = path.read_text() if path.exists() else ""
    return int(text) if text.endswith("\n") else None


async def started(path: Path) -> int:
    """The number that a process wrote to `path` when it was ready."""
    while (found := number(path)) is None:  # noqa: ASYNC110  # a file is all that it can tell by
        await asyncio.sleep(0.01)
    return found


class LoopTime:
    """The clock of the event loop, which can be set forward: programs take the time that they take."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        real, self.ahead_s = loop.time, 0.0
        patch.setattr(loop, "time", lambda: real() + self.ahead_s)

    async def over(self, witness: "Witnessing") -> None:
        """Let time pass until a process is ended for its limit, in steps that are not taken for a loop held up."""
        while not witness.ended:
            self.ahead_s += 0.005
            await asyncio.sleep(0)


class Witnessing:
    """Sees that a process is ended."""

    ended = False

    def __call__(self, text: str) -> None:
        """It hears what is printed, and does nothing with it."""

    def began(self) -> None:
        """Nor with its start."""

    def ending(self, words: str) -> None:
        self.ended = True


class HoldingUp(Witnessing):
    """Holds the event loop up as soon as a process runs and is waited for, from before its end until long after it."""

    def __init__(self, loop_time: LoopTime, words: bytes) -> None:
        self._time = loop_time
        self._words = words

    def began(self) -> None:
        asyncio.get_running_loop().call_soon(self._hold)

    def _hold(self) -> None:
        for pid in children(self._words):
            while alive(int(pid)):
                time.sleep(0.01)
        self._time.ahead_s += 1000.0


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def children(words: bytes) -> list[str]:
    """Our processes that have these words in their arguments."""
    pids = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in pids if words in arguments(pid)]


def arguments(pid: str) -> bytes:
    """Nothing where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def alive(pid: int) -> bool:
    """Whether a process is there and not only waits to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def gone(pid: int) -> None:
    while alive(pid):  # noqa: ASYNC110  # no child of ours: nothing tells of its end
        await asyncio.sleep(0.01)


async def test_exit_code_output_folder_and_environment_are_what_the_plan_says(tmp_path: Path) -> None:
    program = "import os, sys; print(dict(os.environ), os.getcwd(), repr(sys.stdin.read())); sys.exit(3)"
    told: list[str] = []
    result = await run(python(program, tmp_path, env={"A": "b c"}), tmp_path, told.append)
    assert (result.sent, result.status, result.fault, result.cut) == (Sent.YES, 3, "", 0)
    environment = eval(result.text.partition("}")[0] + "}")
    assert {name: value for name, value in environment.items() if not name.startswith("LC_")} == {"A": "b c"}
    assert f"{tmp_path} ''" in result.text
    assert told == [result.text]


async def test_nothing_is_a_shell(tmp_path: Path) -> None:
    words = ("; touch pwned", "$(touch pwned)", "`touch pwned`", "a b", "*", "")
    effect = CommandRun(argv=("/usr/bin/printf", "%s|", *words), cwd=str(tmp_path))
    assert (await run(effect, tmp_path)).text == "|".join((*words, ""))
    assert os.listdir(tmp_path) == []  # noqa: PTH208


@pytest.mark.parametrize(
    ("argv", "cwd", "words"),
    [
        (("no-such-program",), "", "no such program"),
        (("/no/such/program",), "", "no such program"),
        (("./closed",), "", "ermission"),
        (("./plain",), "", "ormat"),
        (("/bin/true",), "missing", "no folder"),
        (("/bin/true", "a\0b"), "", "null"),
        ((), "", "no program"),
    ],
)
async def test_what_cannot_be_started_was_not_sent(argv: tuple[str, ...], cwd: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"\x00\x01 no program")
    (tmp_path / "plain").chmod(0o755)
    (tmp_path / "closed").touch(0o644)
    env = {"PATH": "/usr/bin:/bin"}
    result = await run(CommandRun(argv=argv, cwd=str(tmp_path / cwd) if cwd else str(tmp_path), env=env), tmp_path)
    assert (result.sent, result.status) == (Sent.NO, None)
    assert words in result.fault


async def test_a_relative_folder_is_refused(tmp_path: Path) -> None:
    result = await run(CommandRun(argv=("/bin/true",), cwd="."), tmp_path)
    assert result.sent is Sent.NO


async def test_one_that_ends_by_a_signal_says_so(tmp_path: Path) -> None:
    result = await run(python("import os; os.kill(os.getpid(), 9)", tmp_path), tmp_path)
    assert (result.sent, result.status) == (Sent.YES, -9)
    assert "SIGKILL" in result.fault


async def test_one_that_ignores_term_is_killed_with_its_children_and_nobody_knows_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = f"""
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("working", flush=True)
if os.fork() == 0:
    open({str(tmp_path / "child")!r}, "w").write(f"{{os.getpid()}}\\n")
time.sleep(600)
"""
    witness, loop_time = Witnessing(), LoopTime(monkeypatch)
    running = asyncio.create_task(run(python(program, tmp_path, kill_after_s=0.2), tmp_path, witness))
    child = await started(tmp_path / "child")
    await loop_time.over(witness)
    result = await running
    assert (result.sent, result.timed_out, result.status) == (Sent.MAYBE, True, -9)
    assert result.text == "working\n"
    await gone(child)


async def test_one_that_ended_in_time_has_done_so_however_late_we_hear_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop is held up from before its end until after its time is over."""
    effect = CommandRun(argv=("/bin/sh", "-c", "sleep 0.2; echo done"), cwd=str(tmp_path), timeout_s=600.0)
    result = await run(effect, tmp_path, HoldingUp(LoopTime(monkeypatch), b"echo done"))
    assert (result.sent, result.status, result.text, result.timed_out) == (Sent.YES, 0, "done\n", False)


async def test_term_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"""
import os, signal, sys, time
signal.signal(15, lambda *_: (print("bye"), sys.exit(0)))
open({str(tmp_path / "pid")!r}, "w").write(f"{{os.getpid()}}\\n")
time.sleep(600)
"""
    witness, loop_time = Witnessing(), LoopTime(monkeypatch)
    running = asyncio.create_task(run(python(program, tmp_path, kill_after_s=500.0), tmp_path, witness))
    await started(tmp_path / "pid")
    await loop_time.over(witness)
    result = await running
    assert (result.sent, result.timed_out, result.text) == (Sent.MAYBE, True, "bye\n")


async def test_cancelling_ends_the_whole_group_and_is_passed_on(tmp_path: Path) -> None:
    program = f"""
import os, time
if os.fork() == 0:
    os.close(1); os.close(2)
    open({str(tmp_path / "child")!r}, "w").write(f"{{os.getpid()}}\\n")
    time.sleep(600)
open({str(tmp_path / "parent")!r}, "w").write(f"{{os.getpid()}}\\n")
time.sleep(600)
"""
    running = asyncio.create_task(run(python(program, tmp_path), tmp_path))
    pids = [await started(tmp_path / "child"), await started(tmp_path / "parent")]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    for pid in pids:
        await gone(pid)


async def test_cancelling_twice_kills_at_once(tmp_path: Path) -> None:
    program = f"""
import os, signal, time
signal.signal(signal.SIGTERM, lambda *_: open({str(tmp_path / "asked")!r}, "w").write("1\\n"))
open({str(tmp_path / "pid")!r}, "w").write(f"{{os.getpid()}}\\n")
while True: time.sleep(600)
"""
    running = asyncio.create_task(run(python(program, tmp_path, kill_after_s=500.0), tmp_path))
    pid = await started(tmp_path / "pid")
    running.cancel()
    await started(tmp_path / "asked")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await gone(pid)


async def test_a_cancelled_start_leaves_nothing_that_runs(tmp_path: Path) -> None:
    for turns in range(6):
        running = asyncio.create_task(run(python("import time; time.sleep(600)", tmp_path), tmp_path))
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert not children(b"time.sleep(600)")


async def test_a_start_that_is_cancelled_twice_leaves_nothing_open_either(tmp_path: Path) -> None:
    effect = CommandRun(argv=("/bin/sleep", "600.25"), cwd=str(tmp_path), kill_after_s=500.0)
    for first, second in product(range(5), range(1, 8)):
        running = asyncio.create_task(run(effect, tmp_path))
        for turns in (first, second):
            for _ in range(turns):
                await asyncio.sleep(0)
            running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert not children(b"600.25")
    # What was left open warns when it is let go of.
    gc.collect()


async def test_one_that_leaves_something_behind_is_not_waited_for(tmp_path: Path) -> None:
    program = f"""
import os, time
print("started", flush=True)
if os.fork() == 0:
    open({str(tmp_path / "child")!r}, "w").write(f"{{os.getpid()}}\\n")
    time.sleep(600)
"""
    result = await run(python(program, tmp_path), tmp_path)
    child = await started(tmp_path / "child")
    try:
        assert (result.sent, result.status, result.text) == (Sent.YES, 0, "started\n")
        assert alive(child)
    finally:
        os.kill(child, signal.SIGKILL)


async def test_a_flood_is_counted_and_dropped_and_the_loop_stays_free(tmp_path: Path) -> None:
    count = 100 * 1024 * 1024
    program = (
        f"import os\nfor _ in range({count // 65536}): os.write(1, b'0123456789abcde\\n' * 4096)\nos.write(1, b'end')"
    )
    told: list[str] = []
    before = time.process_time()
    result = await run(python(program, tmp_path, output_bytes=10_000), tmp_path, told.append)
    assert time.process_time() - before < 5.0
    assert (result.sent, result.status) == (Sent.YES, 0)
    first, last = 5_000 // 16 * 16, 5_000 // 16 * 16 + 3
    assert result.cut == count + 3 - first - last
    assert result.text.startswith("0123456789abcde\n")
    assert result.text.endswith("\nend")
    assert {*result.text.splitlines()} == {"0123456789abcde", f"… {result.cut:,} bytes left out …", "end"}
    assert told[-1] == "end"
    assert sum(map(len, told)) == count + 3


async def test_what_it_prints_cannot_drive_a_terminal(tmp_path: Path) -> None:
    program = (
        r"import os; os.write(1, b'\x1b]52;c;AAAA\x07\x1b[31mred\x1b[0m\x00nul \xff\xfe\r\nsecond\rthird\n'"
        r" + '\u202egnp'.encode() + b'\x9b31m')"
    )
    shown = Transcript(10_000)
    result = await run(python(program, tmp_path), tmp_path, shown.add)
    assert result.status == 0
    told = shown.whole().output.splitlines()
    assert told[0].startswith("red\\x00nul ")
    assert told[1:3] == ["second", "third"]
    assert all(line.isprintable() for line in told), told


async def test_a_line_that_never_ends_is_told_in_pieces(tmp_path: Path) -> None:
    told: list[str] = []
    result = await run(python("import os; os.write(1, b'x' * 20_000)", tmp_path), tmp_path, told.append)
    assert "".join(told) == result.text == "x" * 20_000


async def test_output_comes_while_it_runs_and_lines_stay_whole(tmp_path: Path) -> None:
    program = f"""
import os, time
os.write(1, b"fir"); os.write(2, b"st\\nsec")
while not os.path.exists({str(tmp_path / "go")!r}): time.sleep(0.01)
os.write(1, b"ond\\n")
"""
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        (tmp_path / "go").touch()

    assert (await run(python(program, tmp_path), tmp_path, tell)).status == 0
    assert told == ["first\n", "second\n"]


async def test_a_secret_is_in_its_environment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETDECK_TEST_TOKEN", "tok-3cret")
    effect = python(
        "import os; print(len(os.environ['T']), os.environ['T'])",
        tmp_path,
        secrets={"T": SecretName(env="FLEETDECK_TEST_TOKEN")},
    )
    told: list[str] = []
    result = await run(effect, tmp_path, told.append)
    assert (result.text, told) == ("9 ***\n", ["9 ***\n"])
    monkeypatch.delenv("FLEETDECK_TEST_TOKEN")
    missing = await run(effect, tmp_path)
    assert missing.sent is Sent.NO
    assert "FLEETDECK_TEST_TOKEN" in missing.fault


@pytest.mark.parametrize("before", range(30, 52, 3))
async def test_of_a_line_that_is_cut_no_half_of_a_secret_is_left(
    before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETDECK_TEST_TOKEN", "0123456789abcdef")
    program = f"import os; t = os.environ['T']; print('x' * {before} + t + 'y' * 90 + t + 'z' * {before}, end='')"
    effect = python(program, tmp_path, output_bytes=100, secrets={"T": SecretName(env="FLEETDECK_TEST_TOKEN")})
    result = await run(effect, tmp_path)
    kept = [line for line in result.text.splitlines() if "left out" not in line]
    assert set("".join(kept)) <= set("xyz*")


async def test_no_descriptor_of_ours_is_open_in_it(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        result = await run(python("import os; print(sorted(os.listdir('/proc/self/fd')))", tmp_path), tmp_path)
    assert "'0', '1', '2', '3']" in result.text  # 3 lists the folder


async def test_many_at_once_are_all_reaped(tmp_path: Path) -> None:
    before = descriptors()
    results: list[Result] = await asyncio.gather(
        *(run(CommandRun(argv=("/bin/sh", "-c", f"exit {code}"), cwd=str(tmp_path)), tmp_path) for code in range(20))
    )
    assert [result.status for result in results] == list(range(20))
    await asyncio.sleep(0)
    assert descriptors() <= before + 2
