"""Questions to both sides, and whether the answers are the same."""

import http.client
import json
import math
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from fleet.errors import QueryError
from fleet.promql.answer import envelope
from fleet.promql.evaluate import instant, ranged
from fleet.promql.parse import parse
from fleet.promql.storage import Storage

_RELATIVE = 1e-9
_ROUNDED = re.compile(r"\b(?:exp|ln|log2|log10|a?(?:sin|cos|tan)h?|atan2)\b|\^")
_ROUNDED_TWICE = 1e-6
"""These are rounded one way by Go and another by C. Of one of them inside another, or near the pole of a tangent, the
last digit of what is inside decides over the seventh of what comes out."""
_ORDERED = ("sort(", "sort_desc(", "topk(", "topk by", "topk without", "bottomk")

Said = dict[str, Any]
"""The `data` of an envelope, or `{"error": …}`."""


class Question(Struct, frozen=True):
    """An expression and its time, or the range of times where `step_ms` is not 0."""

    text: str
    at_ms: int
    end_ms: int = 0
    step_ms: int = 0

    def __str__(self) -> str:
        span = f" … {self.end_ms} step {self.step_ms}" if self.step_ms else ""
        return f"{self.text}   at {self.at_ms}{span}"


class Asked:
    """One kept connection to a Prometheus."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def __call__(self, question: Question) -> Said:
        """What Prometheus says."""
        path, form = "/api/v1/query", {"query": question.text, "time": _seconds(question.at_ms)}
        if question.step_ms:
            path, form = (
                f"{path}_range",
                {
                    "query": question.text,
                    "start": _seconds(question.at_ms),
                    "end": _seconds(question.end_ms),
                    "step": _seconds(question.step_ms),
                },
            )
        self._connection.request("POST", path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        return _said(json.loads(self._connection.getresponse().read()))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _seconds(millis: int) -> str:
    return f"{millis // 1000}.{millis % 1000:03}"


def _said(answer: Any) -> Said:
    data: Said = answer["data"] if answer["status"] == "success" else {"error": answer["error"]}
    return data


def ours(question: Question, storage: Storage) -> Said:
    """What fleetdeck says, by way of its JSON."""
    try:
        query = parse(question.text)
        if question.step_ms:
            answer = ranged(query, storage, question.at_ms, question.end_ms, question.step_ms)
        else:
            answer = instant(query, storage, question.at_ms)
    except QueryError as error:
        return {"error": str(error)}
    except BaseException as error:
        error.add_note(f"asked: {question}")
        raise
    return _said(json.loads(json.dumps(envelope(answer, question.at_ms))))


def difference(question: Question, own: Said, theirs: Said) -> str | None:
    """What tells the answers apart, None where nothing does. Both may be errors, in other words. The order counts
    where Prometheus has one: of sorted vectors, and of what a range query gives."""
    if "error" in own or "error" in theirs:
        return None if "error" in own and "error" in theirs else f"ours {_short(own)}, theirs {_short(theirs)}"
    if own["resultType"] != theirs["resultType"]:
        return f"ours is a {own['resultType']}, theirs a {theirs['resultType']}"
    twice = "tan(" in question.text or len(_ROUNDED.findall(question.text)) > 1
    relative = _ROUNDED_TWICE if twice else _RELATIVE
    if own["resultType"] in ("scalar", "string"):
        return _apart([own["result"]], [theirs["result"]], 0.0 if own["resultType"] == "string" else relative)
    if question.text.lstrip("( ").startswith(_ORDERED) and own["resultType"] == "vector":
        order = _apart([one["value"] for one in own["result"]], [one["value"] for one in theirs["result"]], relative)
        if order is not None:
            return f"in order: {order}"
    return _elements(own["result"], theirs["result"], relative, ordered=question.step_ms > 0)


def _elements(own: list[Any], theirs: list[Any], relative: float, *, ordered: bool) -> str | None:
    if not ordered:
        own, theirs = sorted(own, key=_key), sorted(theirs, key=_key)
    mine, other = [_key(one) for one in own], [_key(one) for one in theirs]
    if mine != other:
        more, less = [key for key in mine if key not in other], [key for key in other if key not in mine]
        return f"only ours has {more}, only theirs {less}" if more or less else f"ours in order {mine}, theirs {other}"
    for one, another in zip(own, theirs, strict=True):
        apart = _apart(_samples(one), _samples(another), relative)
        if apart is not None:
            return f"{_key(one)}: {apart}"
    return None


def _key(element: Any) -> str:
    return json.dumps(element["metric"], sort_keys=True, ensure_ascii=False)


def _samples(element: Any) -> list[Any]:
    return [element["value"]] if "value" in element else element["values"]


def _apart(own: Sequence[Any], theirs: Sequence[Any], relative: float) -> str | None:
    same = len(own) == len(theirs) and all(
        one[0] == another[0] and _same(one[1], another[1], relative) for one, another in zip(own, theirs, strict=True)
    )
    return None if same else f"ours {own}, theirs {theirs}"


def _same(own: str, theirs: str, relative: float) -> bool:
    """The same text, or numbers that are close (texts where `relative` is 0). The same number in other digits is a
    difference."""
    if own == theirs:
        return True
    if not relative:
        return False
    one, other = float(own), float(theirs)
    return (one != other or _zeros(own, theirs)) and math.isclose(one, other, rel_tol=relative)


def _zeros(own: str, theirs: str) -> bool:
    """Go's sort is not stable, so which of 0 and -0 is the median is chance."""
    return {own, theirs} == {"0", "-0"}


def _short(said: Said) -> str:
    return json.dumps(said, ensure_ascii=False)[:300]
