"""The pictures of the README are what the program draws today."""

import asyncio
import socket
from pathlib import Path

import pytest

from screenshots import rolling, terminals
from screenshots.__main__ import BASE_PORT, FOLDER, HOST, SHOTS, draw


def test_the_pictures_are_up_to_date(tmp_path: Path) -> None:
    try:
        drawn = asyncio.run(draw())
    except OSError as error:
        pytest.skip(f"the demo fleet's fixed ports cannot be had: {error}")
    stale = [name for name, svg in drawn.items() if (FOLDER / name).read_text(encoding="utf-8") != svg]
    assert not stale, "run `make screenshots` and look at the pictures"
    assert {path.stem for path in FOLDER.glob("*.svg")} == {*SHOTS, *rolling.SIZES, *terminals.SHOTS, terminals.TMUX}


@pytest.mark.parametrize("name", ["terminals-80x24", "terminals-ansi"])
def test_the_pictures_of_terminals_are_up_to_date(tmp_path: Path, name: str) -> None:
    """Those two stand for all: each takes as long as the demo fleet's two minutes take to tell."""
    try:
        _check_ports_are_free()
    except OSError as error:
        pytest.skip(f"the demo fleet's fixed ports cannot be had: {error}")
    drawn = terminals.photographed(name, tmp_path)
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == drawn, "run `make screenshots` and look"


def _check_ports_are_free() -> None:
    """Raises OSError."""
    for port in range(BASE_PORT, BASE_PORT + 20):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((HOST, port))
