"""What a benchmark says: rows of one table, each a figure with its unit and, where there is one, the most it may be."""

import datetime
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct


class Verdict(StrEnum):
    """How a row came out."""

    REACHED = "reached"
    MISSED = "missed"
    SHOWN = "–"
    """There is nothing to reach: the figure stands beside others."""
    NOT_MEASURED = "not measured"


class Row(Struct, frozen=True, kw_only=True):
    """What is measured. `at_most` is the figure to reach, None where it is only shown; `below` says that the figure
    must be less than that. `id` is `topic/what`."""

    id: str
    what: str
    unit: str = ""
    at_most: float | None = None
    below: bool = False


class Figure(Struct, frozen=True):
    """A measured figure, None where it could not be had; the note says why, or what else was seen."""

    value: float | None
    note: str = ""


Figures = Mapping[str, Figure]
"""Figures by the part of their row's id that follows the topic's name."""


class Topic(Struct, frozen=True, kw_only=True):
    """Rows that are measured together, side by side in one run, in a folder of their own."""

    name: str
    rows: tuple[Row, ...]
    measure: Callable[[Path], Figures]


class Result(Struct, frozen=True, kw_only=True):
    """A row as it came out."""

    row: Row
    value: float | None
    note: str
    at: datetime.date

    @property
    def verdict(self) -> Verdict:
        """Whether what was to be reached was."""
        if self.value is None:
            return Verdict.NOT_MEASURED
        if self.row.at_most is None:
            return Verdict.SHOWN
        held = self.value < self.row.at_most if self.row.below else self.value <= self.row.at_most
        return Verdict.REACHED if held else Verdict.MISSED


def results(topic: Topic, figures: Figures, at: datetime.date) -> list[Result]:
    """The figures in the order of the topic's rows. Raises KeyError where one has no row, or a row no figure."""
    short = {row.id.removeprefix(f"{topic.name}/"): row for row in topic.rows}
    if figures.keys() != short.keys():
        raise KeyError(f"{topic.name}: figures {sorted(figures)} for rows {sorted(short)}")
    return [Result(row=row, value=figures[key].value, note=figures[key].note, at=at) for key, row in short.items()]


def missing(topic: Topic, why: str) -> Figures:
    """Figures for a topic that could not be measured."""
    return {row.id.removeprefix(f"{topic.name}/"): Figure(None, why) for row in topic.rows}
