"""The pictures of the README are what the program draws today."""

import asyncio
from pathlib import Path

import pytest

from screenshots.__main__ import FOLDER, SHOTS, draw


def test_the_pictures_are_up_to_date(tmp_path: Path) -> None:
    try:
        drawn = asyncio.run(draw())
    except OSError as error:
        pytest.skip(f"the demo fleet's fixed ports cannot be had: {error}")
    stale = [name for name, svg in drawn.items() if (FOLDER / name).read_text(encoding="utf-8") != svg]
    assert not stale, "run `make screenshots` and look at the pictures"
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(SHOTS)
