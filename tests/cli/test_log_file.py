"""The log file when its disk is full, and when there is room again."""

import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.log_file import LogFile


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_tells_once_that_it_cannot_be_written_and_once_that_it_can_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    handler = LogFile(tmp_path / "fleetdeck.log")
    record = logging.makeLogRecord({"msg": "x" * 200, "levelno": logging.WARNING})
    with handler.telling(told.append):
        with room(100):
            for _ in range(3):
                handler.handle(record)
            # A file system that is out of space says so in other words than a limit does.
            assert told == ["the log cannot be written: File too large"]
        handler.handle(record)
        assert told[1:] == [""]
    handler.close()
    assert capfd.readouterr() == ("", "")
    assert (tmp_path / "fleetdeck.log").read_text().endswith("x" * 200 + "\n")


def test_who_listens_later_hears_of_a_trouble_that_lasts(tmp_path: Path) -> None:
    told: list[str] = []
    handler = LogFile(tmp_path / "fleetdeck.log")
    with room(1):
        handler.handle(logging.makeLogRecord({"msg": "x" * 200}))
        with handler.telling(told.append):
            assert told == ["the log cannot be written: File too large"]
    handler.close()
