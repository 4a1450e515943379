"""The same work as everybody would write it first: `httpx.AsyncClient` and the parser of `prometheus_client`.

    python -m benchmarks.workers.plain FILE-OF-URLS

Each line `sweep` on stdin fetches all pages, parses them and keeps the values by series, then answers with a line of
JSON: how many pages were taken in whole. It ends with its stdin.
"""

import asyncio
import json
import sys
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.pages import SAMPLES

AT_ONCE = 64
"""Requests under way at once, as many as fleetdeck has."""

Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def sweep(client: httpx.AsyncClient, urls: list[str], kept: dict[str, list[Values]]) -> int:
    """Take all pages in; how many were whole."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def take(url: str) -> bool:
        async with gate:
            answer = await client.get(url)
        if answer.status_code != 200:
            return False
        values: Values = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }
        kept.setdefault(url, []).append(values)
        return len(values) == SAMPLES

    return sum(await asyncio.gather(*(take(url) for url in urls)))


async def run(urls: list[str]) -> None:
    """Obey until stdin ends."""
    kept: dict[str, list[Values]] = {}
    async with httpx.AsyncClient() as client:
        loop = asyncio.get_running_loop()
        while (await loop.run_in_executor(None, sys.stdin.readline)).strip() == "sweep":
            sys.stdout.write(json.dumps({"whole": await sweep(client, urls, kept)}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]).read_text(encoding="utf-8").split()))
