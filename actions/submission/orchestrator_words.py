"""What goes to an orchestrator and what it says of itself, read: chunks, refused fields, its streams of events."""

from typing import Any

from actions.submission.answers import member
from fleet.text import scrub


def chunks_of(text: str, most: int | None) -> list[str]:
    """A document in chunks of at most `most` characters, parted at paragraphs, else at lines, else anywhere."""
    if most is None or len(text) <= most:
        return [text] if text.strip() else []
    chunks: list[str] = []
    while len(text) > most:
        at = max(text.rfind("\n\n", 0, most), 0) or max(text.rfind("\n", 0, most), 0) or most
        chunks.append(text[:at])
        text = text[at:].lstrip("\n")
    return [chunk for chunk in (*chunks, text) if chunk.strip()]


def invalid_of(body: Any) -> str:
    """What a 422 says: which field, and why."""
    detail = body.get("detail") if isinstance(body, dict) else None
    if not isinstance(detail, list):
        return member(body, "detail")
    said = [
        f"{'.'.join(str(part) for part in one.get('loc', ()) if part != 'body')}: {one.get('msg', '')}"
        for one in detail[:5]
        if isinstance(one, dict) and isinstance(one.get("loc", ()), list | tuple)
    ]
    return scrub("; ".join(said), 300)


def stream_kind(openapi: Any) -> str:
    """How events are sent, by the parameter of their stream: `event_types` to everybody, `last_id` from a group of
    Redis, or `neither`."""
    try:
        named = {one["name"] for one in openapi["paths"]["/events/stream"]["get"].get("parameters", ())}
    except (TypeError, LookupError, AttributeError):
        return "neither"
    return next((name for name in ("last_id", "event_types") if name in named), "neither")
