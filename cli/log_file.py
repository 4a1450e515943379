"""The log file: bounded, and no reason to fail. A full disk is said once where people see it, and all else goes on."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

_MOST_BYTES = 1_000_000
_OLD_FILES = 2


class LogFile(RotatingFileHandler):
    """Writes records to a file, and tells when it no longer can and when it can again.

    Python's own handlers print a traceback on stderr in that case, which is the terminal that the dashboard draws on.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError where the file cannot be opened."""
        super().__init__(path, maxBytes=_MOST_BYTES, backupCount=_OLD_FILES, encoding="utf-8")
        self._told: Callable[[str], None] | None = None
        self._trouble = ""

    def emit(self, record: logging.LogRecord) -> None:
        before, self._trouble = self._trouble, ""
        super().emit(record)
        if self._trouble != before and self._told is not None:
            self._told(self._trouble)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is logging's
        error = sys.exc_info()[1]
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        self._trouble = f"the log cannot be written: {reason}"

    @contextmanager
    def telling(self, told: Callable[[str], None]) -> Iterator[None]:
        """While the block runs, `told` hears in a sentence that the log cannot be written, and "" once it can again.
        It is called by whoever logs, from any thread."""
        self._told = told
        if self._trouble:
            told(self._trouble)
        try:
            yield
        finally:
            self._told = None


def log_files() -> list[LogFile]:
    """The log files that are open."""
    return [handler for handler in logging.getLogger().handlers if isinstance(handler, LogFile)]
