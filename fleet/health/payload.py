"""The body of a health answer as JSON or as lines of text; HTML and broken JSON are no health answers."""

import json
from typing import Any

from msgspec import Struct

from fleet.errors import Fault, OutsideError

_JSON_STARTS = ("{", "[", '"')
_CHECK_MARKS = ("[+]", "[-]")
_JSON_WORDS = ("true", "false", "null")
_HTML_STARTS = ("<!doctype", "<html", "<head", "<body", "<?xml")
_LINES = 1000
BODY_BYTES = 512 * 1024
"""Bytes of a health answer that are understood; it is read on the event loop, between two keys of the operator."""


class Payload(Struct, frozen=True):
    """A body that was understood: `value` where it is JSON, else its `lines`, stripped, without blank ones."""

    is_json: bool
    value: Any = None
    lines: list[str] = []


def read_payload(content_type: str, body: bytes) -> Payload:
    """Understand a body by its content type, or by how it starts.

    Raises OutsideError: over limit, or bad payload (HTML, text that is not UTF-8, malformed JSON, each with its byte).
    """
    if len(body) > BODY_BYTES:
        raise OutsideError(Fault.LIMIT, f"a health answer of {len(body):,} bytes, the limit is {BODY_BYTES:,}")
    kind = content_type.partition(";")[0].strip().lower()
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OutsideError(Fault.PAYLOAD, f"not UTF-8 at byte {error.start}") from error
    start = text.lstrip()[:16].lower()
    if kind in ("text/html", "application/xhtml+xml") or start.startswith(_HTML_STARTS):
        raise OutsideError(Fault.PAYLOAD, "HTML, no health answer")
    looks_json = start.startswith(_JSON_STARTS) and not start.startswith(_CHECK_MARKS)
    is_json = kind.endswith(("/json", "+json")) or looks_json or start.strip() in _JSON_WORDS
    if is_json and start:
        return Payload(is_json=True, value=_json(text))
    lines = [line.strip() for line in text.splitlines()[:_LINES]]
    return Payload(is_json=False, lines=[line for line in lines if line])


def _json(text: str) -> Any:
    """Python servers write NaN into their JSON, so the standard library reads it, which takes that."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        at = len(text[: error.pos].encode(errors="replace"))
        raise OutsideError(Fault.PAYLOAD, f"malformed JSON at byte {at}") from error
    except RecursionError as error:
        raise OutsideError(Fault.PAYLOAD, "JSON nested too deep") from error
    except ValueError as error:
        raise OutsideError(Fault.PAYLOAD, "a number in the JSON is too long") from error
