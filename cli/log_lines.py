"""The lines of the log file: one record is one line, what belongs to it is set in, and nothing of it drives a terminal.

A log is read with `cat` and `tail`. A text from outside in it could hold escapes, or a line break and a record that
never was.
"""

import logging
import time

from fleet.crash import crash_report
from fleet.text import scrub

_MESSAGE = 4_000
_INDENT = "    "


class HarmlessFormatter(logging.Formatter):
    """`ts=… level=… logger=… message`, then the traceback, if there is one, each line of it set in. Times are RFC 3339
    in UTC, whatever zone the dashboard shows."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("ts=%(asctime)s level=%(levelname)s logger=%(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        record.asctime = self.formatTime(record)
        lines = [scrub(self.formatMessage(record), _MESSAGE)]
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            lines += [_INDENT + line for line in crash_report(error)]
        return "\n".join(lines)
