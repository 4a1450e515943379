"""Clipboard programs as they are: some stay behind, some hang, some fail, some are not there; and the file."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from cli.dashboard.clipboard import MachineClipboard
from fleet.clipboard import Program
from fleet.errors import Fault, OutsideError

pytestmark = pytest.mark.anyio


def program(folder: Path, name: str, script: str) -> Program:
    """A shell script on the PATH, which is `folder` and the system's."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Program(name=name, argv=(name, "-in", "$(touch owned)"))


def machine(folder: Path, *, patience_s: float = 60.0, **more: str) -> MachineClipboard:
    return MachineClipboard({"PATH": f"{folder}:{os.defpath}", **more}, patience_s=patience_s)


async def test_the_text_goes_to_stdin_and_words_stay_words(tmp_path: Path) -> None:
    one = program(tmp_path, "clip", f'cat > {tmp_path}/got; printf "%s|" "$@" > {tmp_path}/words')
    await machine(tmp_path).pipe(one, "a\nb ü $(id)")
    assert (tmp_path / "got").read_text() == "a\nb ü $(id)"
    assert (tmp_path / "words").read_text() == "-in|$(touch owned)|"
    assert not (tmp_path / "owned").exists()


async def test_windows_is_given_its_own_encoding(tmp_path: Path) -> None:
    program(tmp_path, "clip.exe", f"cat > {tmp_path}/got")
    await machine(tmp_path).pipe(Program(name="clip.exe", argv=("clip.exe",), encoding="utf-16"), "ü")
    assert (tmp_path / "got").read_bytes().decode("utf-16") == "ü"


async def test_a_program_that_stays_behind_is_not_waited_for(tmp_path: Path) -> None:
    """xclip forks to serve the selection, and its child keeps what it was given open."""
    one = program(tmp_path, "xclip", f"cat > {tmp_path}/got; (echo $$ >&2; sleep 30; true) & echo $! > {tmp_path}/pid")
    async with asyncio.timeout(20):
        await machine(tmp_path).pipe(one, "x")
    assert (tmp_path / "got").read_text() == "x"
    os.killpg(os.getpgid(int((tmp_path / "pid").read_text())), 15)


@pytest.mark.parametrize(
    ("script", "fault", "said"),
    [
        (
            "cat >/dev/null; echo 'no \033]0;x\007 display' >&2; exit 3",
            Fault.STATUS,
            r"3 of clip: no \x1b]0;x\x07 display",
        ),
        ("exit 1", Fault.STATUS, "1 of clip: it gave no reason"),
    ],
)
async def test_a_failure_is_told(tmp_path: Path, script: str, fault: Fault, said: str) -> None:
    with pytest.raises(OutsideError) as caught:
        await machine(tmp_path).pipe(program(tmp_path, "clip", script), "x" * 200_000)
    assert (caught.value.fault, caught.value.detail) == (fault, said)


async def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    hanging = program(tmp_path, "clip", "exec sleep 300")
    with pytest.raises(OutsideError, match=r"clip took longer than 0\.5s") as caught:
        await machine(tmp_path, patience_s=0.5).pipe(hanging, "x" * 200_000)
    assert caught.value.fault is Fault.TIMEOUT


async def test_a_program_that_is_not_there_or_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="is not installed"):
        await machine(tmp_path).pipe(Program(name="nosuch", argv=("nosuch",)), "x")
    (tmp_path / "odd").write_bytes(b"\x00\x01")
    (tmp_path / "odd").chmod(0o755)
    with pytest.raises(OutsideError, match="odd: "):
        await machine(tmp_path).pipe(Program(name="odd", argv=("odd",)), "x")


async def test_the_file_is_the_owners_alone_and_replaced_whole(tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir()
    clipboard = machine(tmp_path, XDG_RUNTIME_DIR=str(runtime))
    for text in ("secret\nü", "another"):
        path = clipboard.keep(text)
        assert path == runtime / "fleetdeck" / "copied.txt"
        assert path.read_text(encoding="utf-8") == text
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert [file.name for file in path.parent.iterdir()] == ["copied.txt"]


async def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "fleetdeck"
    folder.mkdir()
    (tmp_path / "precious").write_text("precious")
    (folder / "copied.txt").symlink_to(tmp_path / "precious")
    machine(tmp_path, XDG_RUNTIME_DIR=str(tmp_path)).keep("x")
    assert (tmp_path / "precious").read_text() == "precious"


async def test_without_a_runtime_directory_the_state_directory_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert machine(tmp_path, XDG_RUNTIME_DIR="relative").keep("x") == tmp_path / "state" / "fleetdeck" / "copied.txt"


async def test_no_place_for_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "fleetdeck").write_text("in the way")
    with pytest.raises(OutsideError, match="no file for it"):
        machine(tmp_path, XDG_RUNTIME_DIR=str(tmp_path)).keep("x")
