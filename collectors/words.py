"""Readings that no view shows, in words for the Sources view: this machine, and fleetdeck itself."""

from collections.abc import Iterable

from fleet.model import HostReading, SelfReading
from fleet.times import span_text
from fleet.views.meter import terminal_words
from fleet.views.text import bytes_text, short_number


def host_words(reading: HostReading) -> str:
    """`cpu 12% · memory 34% of 24G · load 0.4 0.3 0.2 · / 63G free of 252G · net 1.2G out 3.4G in`."""
    return _joined(
        (
            _percent("cpu", reading.cpu_percent),
            _percent("memory", reading.memory_percent) + _of(reading.memory_total_bytes),
            "load " + " ".join(f"{value:.1f}" for value in reading.load) if reading.load else "",
            *(
                f"{disk.path} {bytes_text(disk.free_bytes)} free of {bytes_text(disk.total_bytes)}"
                for disk in reading.disks
            ),
            _network(reading),
        )
    )


def self_words(reading: SelfReading) -> str:
    """`cpu 4% · memory 85M · terminal 1.2K/s, 4 frames/s, 3.4M in all · loop lag 2ms · 120 probes, 3 failures · …`."""
    return _joined(
        (
            _percent("cpu", reading.cpu_percent),
            "" if reading.rss_bytes is None else f"memory {bytes_text(reading.rss_bytes)}",
            "" if reading.terminal is None else terminal_words(reading.terminal),
            _lag(reading),
            f"{reading.probes:,} probes, {short_number(reading.errors)} failures",
            f"{short_number(reading.samples)} samples, {short_number(reading.series)} series kept",
            f"{reading.cut:,} cut by limits" if reading.cut else "",
            f"history full, {short_number(reading.unkept)} points not kept" if reading.unkept else "",
            "" if reading.sweep_s is None else f"slowest probe {span_text(reading.sweep_s)}",
        )
    )


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


def _percent(name: str, value: float | None) -> str:
    return "" if value is None else f"{name} {value:.0f}%"


def _of(total_bytes: int | None) -> str:
    return "" if total_bytes is None else f" of {bytes_text(total_bytes)}"


def _lag(reading: SelfReading) -> str:
    """How late the loop is, where the terminal's words do not say it."""
    if reading.loop_lag_s is None or reading.terminal is not None:
        return ""
    return f"loop lag {span_text(reading.loop_lag_s)}"


def _network(reading: HostReading) -> str:
    if reading.net_sent_bytes is None or reading.net_received_bytes is None:
        return ""
    return f"net {bytes_text(reading.net_sent_bytes)} out {bytes_text(reading.net_received_bytes)} in"
