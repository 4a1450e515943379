"""The table: which fault is tried on what, how it is made and mended, and in which words its row must say it.

A cell is a word that the row of the source must show while the fault lasts, or a sentence for why it cannot be hit.
"""

import asyncio
import contextlib
import gzip
import os
import signal
from collections.abc import Awaitable, Callable

from msgspec import Struct

from collectors.alerts.alert_files import FILE_BYTES as ALERT_FILE_BYTES
from config.file_text import SIZE_LIMIT as SLO_FILE_BYTES
from config.rule_files import FILE_BYTES as RULE_FILE_BYTES
from tests.faults.fleet import BODY_BYTES, FILE_BYTES, PATHS, WATCHERS, Fleet, fill
from tests.faults.proxy import Mode
from tests.hostile_server import reply

Act = Callable[[Fleet], Awaitable[None]]


class Fault(Struct, frozen=True, kw_only=True):
    """A fault. `hits` has the watchers that it is tried on with the word that each must say; `changes` those whose
    data it rightly changes (a file that is removed takes its targets along)."""

    name: str
    hits: dict[str, str]
    start: Act
    end: Act
    changes: frozenset[str] = frozenset()
    why_not: dict[str, str] = {}
    """Why the others of a kind are not hit, by what they are reached by or by name; said in the table."""


HTML = reply("200 OK", b"<!doctype html><title>Log in</title>", "Content-Type: text/html")
BOMB = reply("200 OK", gzip.compress(bytes(20 * BODY_BYTES)), "Content-Encoding: gzip")

HTTP = [watcher.name for watcher in WATCHERS if watcher.by == "http"]
REDIS = [watcher.name for watcher in WATCHERS if watcher.by == "redis"]
FILES = [watcher.name for watcher in WATCHERS if watcher.by == "file"]
PROCESSES = [watcher.name for watcher in WATCHERS if watcher.by == "process"]
PEOPLE = ["Prometheus", "Alertmanager", "posting", "alerts_api"]
RULES = {"rule_file": "go on until it is right", "SLO_file": "goes on until it is right"}
BACKLOGS = [watcher.name for watcher in WATCHERS if watcher.job.startswith("backlog:")]

KEPT = [watcher.name for watcher in WATCHERS if watcher.by == "kept"]

NO_SOCKET = {
    "file": "reads a file",
    "process": "asks the kernel",
    "nothing": "needs nobody",
    "kept": "is kept on the own disk",
}
NO_FILE = {
    "http": "is reached by HTTP",
    "redis": "is reached by Redis",
    "process": "asks the kernel",
    "nothing": "needs nobody",
}
NOT_REDIS = {"http": "is reached by HTTP", **NO_SOCKET}
NO_PROCESS = {
    "http": "is reached by HTTP",
    "redis": "is reached by Redis",
    "file": "reads a file",
    "nothing": "needs nobody",
    "kept": "is kept on the own disk",
}


def all_say(names: list[str], word: str, **others: str) -> dict[str, str]:
    return {name: others.get(name.replace(" ", "_"), word) for name in names}


# ── on the way ──


def mode(which: Mode) -> Act:
    async def act(fleet: Fleet) -> None:
        for proxy in fleet.proxies.values():
            proxy.mode = which

    return act


async def well(fleet: Fleet) -> None:
    """Undo everything that was done on the way."""
    fleet.resolves = True
    fleet.answer_well()
    for proxy in fleet.proxies.values():
        proxy.mode = Mode.PASS
        proxy.certificate(fleet.certificates.good)
        if proxy._server is None:
            await proxy.start()


async def refuse(fleet: Fleet) -> None:
    for proxy in fleet.proxies.values():
        await proxy.stop()


async def forget_names(fleet: Fleet) -> None:
    """The hosts are gone from the network and from the DNS."""
    fleet.resolves = False
    await refuse(fleet)


async def expire(fleet: Fleet) -> None:
    for proxy in fleet.proxies.values():
        proxy.certificate(fleet.certificates.expired)
        proxy.cut()


def answer(text: bytes) -> Act:
    """All HTTP answers are `text`."""

    async def act(fleet: Fleet) -> None:
        for path in PATHS:
            fleet.origin.add(path, text)

    return act


def redis_says(error: bytes) -> Act:
    """Redis answers every command with an error."""

    async def act(fleet: Fleet) -> None:
        for name in REDIS:
            fleet.proxies[name].instead = lambda request: error * _commands(request)
            fleet.proxies[name].mode = Mode.INSTEAD

    return act


async def foreign(fleet: Fleet) -> None:
    """Something else answers at the same addresses."""
    await answer(HTML)(fleet)
    for name in REDIS:
        fleet.proxies[name].instead = lambda request: HTML
        fleet.proxies[name].mode = Mode.INSTEAD


def _commands(request: bytes) -> int:
    return request.count(b"\r\n*") + request.startswith(b"*")


# ── files ──


def files(change: Callable[[Fleet, str], None], but: tuple[str, ...] = ()) -> Act:
    """Do something to every file that is watched, `but` for some."""

    async def act(fleet: Fleet) -> None:
        for name in FILES:
            if name not in but:
                if name in ("file_sd", "alert_files"):
                    # Between the old file and the new thing in its place there is none: that is a change of its own,
                    # which takes targets and alerts along.
                    await fleet.between_looks(name)
                change(fleet, name)

    return act


def folder(fleet: Fleet, name: str) -> None:
    fleet.path(name).unlink()
    fleet.path(name).mkdir()


def fifo(fleet: Fleet, name: str) -> None:
    fleet.path(name).unlink()
    os.mkfifo(fleet.path(name))


def dangling(fleet: Fleet, name: str) -> None:
    removed(fleet, name)
    fleet.place(name).symlink_to("nowhere")


def looping(fleet: Fleet, name: str) -> None:
    removed(fleet, name)
    fleet.place(name).symlink_to(fleet.place(name).name)


def removed(fleet: Fleet, name: str) -> None:
    fleet.path(name).unlink()
    if fleet.place(name) != fleet.path(name):
        fleet.place(name).rmdir()


async def take_away(fleet: Fleet) -> None:
    await files(removed)(fleet)
    fleet.disk.rmdir()


async def bring_back(fleet: Fleet) -> None:
    await files(Fleet.write)(fleet)
    fleet.disk.mkdir()


GROWTH = {"alert_files": ALERT_FILE_BYTES, "rule file": RULE_FILE_BYTES, "SLO file": SLO_FILE_BYTES}
"""What is over the limit of a file that has one of its own."""


def emptied(fleet: Fleet, name: str) -> None:
    fleet.path(name).write_text("")


def halved(fleet: Fleet, name: str) -> None:
    content = fleet.path(name).read_bytes()
    fleet.path(name).write_bytes(content[: len(content) // 2])


def grown(fleet: Fleet, name: str) -> None:
    with fleet.path(name).open("ab") as file:
        file.write(b" " * GROWTH.get(name, FILE_BYTES))


# ── Redis, processes ──


async def kill_redis(fleet: Fleet) -> None:
    assert fleet.redis is not None
    await asyncio.to_thread(fleet.redis.stop)


async def replace_redis(fleet: Fleet) -> None:
    """Another server takes over at the same address."""
    await asyncio.to_thread(fleet.start_redis)


async def other_types(fleet: Fleet) -> None:
    assert fleet.redis is not None
    with fleet.redis.client() as client:
        for key in ("jobs", "work"):
            client.set(key, "no longer what it was")  # whatever it was, and in one step


async def refill(fleet: Fleet) -> None:
    assert fleet.redis is not None
    fill(fleet.redis)


async def demand_password(fleet: Fleet) -> None:
    assert fleet.redis is not None
    with fleet.redis.client() as client:
        client.config_set("requirepass", "a-password")
    for name in REDIS:
        fleet.proxies[name].cut()


async def demand_none(fleet: Fleet) -> None:
    assert fleet.redis is not None
    fleet.redis._password = "a-password"
    with fleet.redis.client() as client:
        client.config_set("requirepass", "")
    fleet.redis._password = None


async def kill_worker(fleet: Fleet) -> None:
    await asyncio.to_thread(fleet.end_worker)


async def leave_zombie(fleet: Fleet) -> None:
    fleet.end_worker(reap=False)


async def new_worker(fleet: Fleet) -> None:
    await asyncio.to_thread(fleet.end_worker)
    fleet.start_worker()


async def freeze_worker(fleet: Fleet) -> None:
    assert fleet.worker is not None
    fleet.worker.send_signal(signal.SIGSTOP)


async def thaw_worker(fleet: Fleet) -> None:
    assert fleet.worker is not None
    with contextlib.suppress(ProcessLookupError):
        fleet.worker.send_signal(signal.SIGCONT)


ONE_PLAN = "half a plan is a plan, and an empty one too"
FAULTS = (
    Fault(name="connection refused", hits=all_say(HTTP + REDIS, "refused"), start=refuse, end=well, why_not=NO_SOCKET),
    Fault(name="hangs", hits=all_say(HTTP + REDIS, "time-out"), start=mode(Mode.HANG), end=well, why_not=NO_SOCKET),
    Fault(name="slow drip", hits=all_say(HTTP + REDIS, "time-out"), start=mode(Mode.DRIP), end=well, why_not=NO_SOCKET),
    Fault(name="reset", hits=all_say(HTTP + REDIS, "reset"), start=mode(Mode.RESET), end=well, why_not=NO_SOCKET),
    Fault(
        name="half a body",
        hits=all_say(HTTP, "half a body") | all_say(REDIS, "reset"),
        start=mode(Mode.HALF),
        end=well,
        why_not=NO_SOCKET,
    ),
    Fault(
        name="gzip bomb",
        hits=all_say(HTTP, "over limit"),
        start=answer(BOMB),
        end=well,
        why_not=NO_SOCKET | {"redis": "does not compress"},
    ),
    Fault(
        name="HTML for JSON",
        hits=all_say(HTTP, "HTML") | all_say(PEOPLE, "a page for people") | all_say(REDIS, "HTTP/1.1 200 OK"),
        start=foreign,
        end=well,
        why_not=NO_SOCKET,
    ),
    Fault(name="TLS expired", hits=all_say(HTTP + REDIS, "expired"), start=expire, end=well, why_not=NO_SOCKET),
    Fault(name="DNS gone", hits=all_say(HTTP + REDIS, "DNS"), start=forget_names, end=well, why_not=NO_SOCKET),
    Fault(
        name="Redis fails over",
        hits=all_say(REDIS, "reset"),
        start=kill_redis,
        end=replace_redis,
        why_not=NOT_REDIS,
    ),
    Fault(
        name="Redis is loading",
        hits=all_say(REDIS, "loading the dataset"),
        start=redis_says(b"-LOADING Redis is loading the dataset in memory\r\n"),
        end=well,
        why_not=NOT_REDIS,
    ),
    Fault(
        name="Redis is a replica without a master",
        hits=all_say(REDIS, "MASTER is down"),
        start=redis_says(b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n"),
        end=well,
        why_not=NOT_REDIS,
    ),
    Fault(
        name="Redis is read-only",
        hits=all_say(REDIS, "read only replica"),
        start=redis_says(b"-READONLY You can't write against a read only replica.\r\n"),
        end=well,
        why_not=NOT_REDIS,
    ),
    Fault(
        name="key of another type", hits=all_say(REDIS, "bad payload"), start=other_types, end=refill, why_not=NOT_REDIS
    ),
    Fault(
        name="password demanded",
        hits=all_say(REDIS, "permission denied"),
        start=demand_password,
        end=demand_none,
        why_not=NOT_REDIS,
    ),
    Fault(
        name="replaced by a folder",
        hits=all_say(FILES, "no regular file", **RULES),
        start=files(folder),
        end=files(Fleet.write),
        why_not=NO_FILE,
    ),
    Fault(
        name="replaced by a FIFO",
        hits=all_say(FILES, "no regular file", **RULES),
        start=files(fifo),
        end=files(Fleet.write),
        why_not=NO_FILE,
    ),
    Fault(
        name="replaced by a dangling link",
        hits=all_say(FILES, "no file", alert_files="no folder", **RULES),
        start=files(dangling),
        end=files(Fleet.write),
        why_not=NO_FILE,
    ),
    Fault(
        name="replaced by a loop of links",
        hits=all_say(FILES, "symbolic links", **RULES),
        start=files(looping),
        end=files(Fleet.write),
        why_not=NO_FILE,
    ),
    Fault(
        name="removed",
        hits=all_say(FILES, "no file", alert_files="no folder", **RULES) | {"host": "cannot be read"},
        start=take_away,
        end=bring_back,
        changes=frozenset({"file_sd"}),
        why_not=NO_FILE,
    ),
    Fault(
        name="emptied (its disk is full)",
        hits=all_say([name for name in FILES if name != "markdown"], "empty", file_sd="bad payload", **RULES),
        start=files(emptied, but=("markdown",)),
        end=files(Fleet.write),
        why_not=NO_FILE | {"markdown": ONE_PLAN},
    ),
    Fault(
        name="cut in half (its disk is full)",
        hits=all_say(
            [name for name in FILES if name not in ("markdown", "csv")],
            "truncated",
            agent_status="cut off",
            file_sd="bad payload",
            batch_progress="bad payload",
            todo_list="cut off",
            alerts_json="cut off",
            todo_monitoring="cut off",
            alert_files="cut off",
            **RULES,
        ),
        start=files(halved, but=("markdown", "csv")),
        end=files(Fleet.write),
        why_not=NO_FILE | {"markdown": ONE_PLAN, "csv": "half a table is a table"},
    ),
    Fault(
        name="grows over the limit",
        hits=all_say(FILES, "over limit", **RULES),
        start=files(grown),
        end=files(Fleet.write),
        why_not=NO_FILE,
    ),
    Fault(
        name="its process is killed",
        hits={"processes": "is gone", "process": "is gone"},
        start=kill_worker,
        end=new_worker,
        changes=frozenset(PROCESSES),
        why_not=NO_PROCESS,
    ),
    Fault(
        name="its process is a zombie",
        hits={"processes": "is gone", "process": "is gone"},
        start=leave_zombie,
        end=new_worker,
        changes=frozenset(PROCESSES),
        why_not=NO_PROCESS,
    ),
    Fault(
        name="its process is stopped",
        hits={"process": "is stopped"},
        start=freeze_worker,
        end=thaw_worker,
        why_not=NO_PROCESS | {"processes": "a stopped process is still there"},
    ),
)


class Elsewhere(Struct, frozen=True, kw_only=True):
    """A fault that is tried by a test of its own: the watchers that it is tried on, and where the test stands."""

    name: str
    on: tuple[str, ...]
    test: str
    why_not: dict[str, str] = {}


KEPT_TEST = "test_kept.py::test_what_happens_to_a_file_that_is_kept"
NOT_KEPT = NO_FILE | {"file": "is only read"}
EVERYBODY = tuple(watcher.name for watcher in WATCHERS)
ELSEWHERE = (
    *(
        Elsewhere(name=name, on=tuple(KEPT), test=KEPT_TEST)
        for name in (
            "replaced by a folder",
            "replaced by a FIFO",
            "replaced by a dangling link",
            "replaced by a loop of links",
            "removed",
            "emptied (its disk is full)",
            "cut in half (its disk is full)",
            "grows over the limit",
        )
    ),
    Elsewhere(
        name="overwritten with anything",
        on=tuple(KEPT),
        test=KEPT_TEST,
        why_not=NO_FILE | {"file": "is tried with more kinds of texts by the readers below"},
    ),
    Elsewhere(
        name="cannot grow (its disk is full)",
        on=tuple(KEPT),
        test="test_kept.py::test_on_a_full_disk_nothing_is_lost",
        why_not=NOT_KEPT,
    ),
    Elsewhere(
        name="locked by another process",
        on=("silences", "roll-ups"),
        test="test_kept.py::test_what_another_process_locks_is_kept_when_it_lets_go",
        why_not=NOT_KEPT | {"alert state": "is replaced whole and has no lock"},
    ),
    Elsewhere(
        name="its folder is replaced by a file",
        on=tuple(KEPT),
        test="test_kept.py::test_a_folder_that_goes_is_made_again",
        why_not=NO_FILE | {"file": "as where it is removed"},
    ),
    Elsewhere(
        name="its folder is read-only",
        on=tuple(KEPT),
        test="test_kept.py::test_a_folder_that_may_not_be_written_is_said_and_written_later",
        why_not=NOT_KEPT,
    ),
    Elsewhere(
        name="permission lost",
        on=tuple(FILES),
        test="test_processes.py::test_permission_lost_on_every_file_and_given_back",
        why_not=NO_FILE | {"kept": "see its folder"},
    ),
    Elsewhere(
        name="flaps ten times a second",
        on=tuple(HTTP + REDIS + FILES),
        test="test_everything_at_once.py::test_what_flaps_ten_times_a_second_disturbs_nobody_and_ends_well",
        why_not={"process": "asks the kernel", "nothing": "needs nobody", "kept": "is kept on the own disk"},
    ),
    Elsewhere(
        name="the clock is set forward or back",
        on=EVERYBODY,
        test="test_everything_at_once.py::test_a_clock_that_is_set_changes_no_state_and_no_age",
    ),
    Elsewhere(
        name="the machine slept",
        on=EVERYBODY,
        test="test_everything_at_once.py::test_a_machine_that_slept_raises_no_alarm",
    ),
)
