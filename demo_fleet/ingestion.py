"""What the demo's orchestrator is given: its checks, in the words of FastAPI, and a job as hash and stream entries."""

import json
from typing import Any

from msgspec import Struct

from demo_fleet.consumers import Text, naive
from demo_fleet.moment import Moment


class IngestJob(Struct, kw_only=True):
    """A job as the orchestrator's own table has it. `created` is the script's time."""

    id: str
    created: float
    total: int
    process: int
    processed: int = 0
    error: str = ""
    ended: float | None = None


def faults(body: object) -> list[dict[str, Any]]:
    """What is wrong with a body, as FastAPI says it; nothing where all is well. A text must not be empty."""
    if not isinstance(body, dict):
        kind, message = "model_attributes_type", "Input should be a valid dictionary or object to extract fields from"
        return [{"type": kind, "loc": ["body"], "msg": message}]
    missing = [
        {"type": "missing", "loc": ["body", name], "msg": "Field required", "input": {}}
        for name in ("chunks", "source_type")
        if name not in body
    ]
    if missing:
        return missing
    if not isinstance(body["chunks"], list):
        return [{"type": "list_type", "loc": ["body", "chunks"], "msg": "Input should be a valid list"}]
    if not isinstance(body["source_type"], str):
        return [{"type": "string_type", "loc": ["body", "source_type"], "msg": "Input should be a valid string"}]
    return [fault for number, chunk in enumerate(body["chunks"]) for fault in _wrong_chunk(number, chunk)]


def _wrong_chunk(number: int, chunk: object) -> list[dict[str, Any]]:
    place = ["body", "chunks", number, "text"]
    if not isinstance(chunk, dict) or "text" not in chunk:
        return [{"type": "missing", "loc": place, "msg": "Field required", "input": {}}]
    if not isinstance(chunk["text"], str):
        return [{"type": "string_type", "loc": place, "msg": "Input should be a valid string"}]
    if not chunk["text"].strip():
        short = "String should have at least 1 character"
        return [{"type": "string_too_short", "loc": place, "msg": short, "input": "", "ctx": {"min_length": 1}}]
    return []


def job_hash(job: IngestJob, body: dict[str, Any], moment: Moment) -> dict[Text, Text]:
    """The hash of a new job."""
    return {
        "job_id": job.id,
        "job_type": "lightrag_ingestion",
        "status": "queued",
        "chunks_total": str(job.total),
        "chunks_processed": "0",
        "created_at": naive(moment, job.created),
        "metadata": json.dumps(body.get("metadata") or {}),
    }


def chunk_entries(job: IngestJob, body: dict[str, Any], moment: Moment) -> list[dict[Text, Text]]:
    """Its chunks, as entries of the stream."""
    return [
        {
            "job_id": job.id,
            "chunk_id": f"{job.id}::{number}",
            "content": chunk["text"],
            "source_uri": str(chunk.get("source_uri") or ""),
            "source_type": body["source_type"],
            "metadata": json.dumps(chunk.get("metadata") or {}),
            "retry_count": "0",
            "timestamp": naive(moment, job.created),
        }
        for number, chunk in enumerate(body["chunks"])
    ]
