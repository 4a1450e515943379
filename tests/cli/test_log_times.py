"""The log is in UTC, whatever zone the machine is in."""

import logging

from cli.log_lines import HarmlessFormatter


def test_the_time_of_a_record_is_rfc_3339_in_utc() -> None:
    record = logging.makeLogRecord({"created": 1_795_266_202.5, "msecs": 500.0, "msg": "x", "levelname": "WARNING"})
    assert HarmlessFormatter().format(record).startswith("ts=2026-11-21T13:03:22.500Z level=WARNING ")
