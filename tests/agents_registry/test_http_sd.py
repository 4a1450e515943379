"""Targets over HTTP: what is asked, and what is refused."""

from pathlib import Path

import pytest

from agents_registry.sources.http_sd import HttpSd, HttpSdOptions
from config.values import HttpUrl, Seconds
from fleet.errors import Fault, OutsideError
from fleet.model import Discovery
from tests.agents_registry.web import reach, reply, serving

pytestmark = pytest.mark.anyio

LIST = '[{"targets": ["a:1", "b:1"], "labels": {"env": "prod"}}]'


async def discovered(answer: bytes, tmp_path: Path) -> Discovery:
    async with serving() as server:
        server.answer = answer
        return await HttpSd(HttpSdOptions(url=HttpUrl(server.url + "/sd")), reach(tmp_path)).discover()


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", 'APPLICATION/JSON;charset="UTF-8"']
)
async def test_the_list_is_read(content_type: str, tmp_path: Path) -> None:
    found = await discovered(reply(LIST, content_type=content_type), tmp_path)
    assert [one.name for one in found.sightings] == ["a:1", "b:1"]
    assert found.complete


async def test_an_answer_that_is_the_same_is_the_very_same(tmp_path: Path) -> None:
    async with serving() as server:
        looking = HttpSd(HttpSdOptions(url=HttpUrl(server.url + "/sd")), reach(tmp_path))
        server.answer = reply(LIST)
        first = await looking.discover()
        assert await looking.discover() is first
        server.answer = reply(LIST.replace("b:1", "c:1"))
        assert [one.name for one in (await looking.discover()).sightings] == ["a:1", "c:1"]


async def test_an_empty_list_is_an_empty_fleet(tmp_path: Path) -> None:
    assert (await discovered(reply("[]"), tmp_path)).sightings == ()


@pytest.mark.parametrize(("interval", "sent"), [(60.0, "60"), (0.25, "0.25"), (86400.0, "86400")])
async def test_the_refresh_interval_is_sent(interval: float, sent: str, tmp_path: Path) -> None:
    async with serving() as server:
        server.answer = reply("[]")
        options = HttpSdOptions(url=HttpUrl(server.url), refresh_interval=Seconds(interval))
        await HttpSd(options, reach(tmp_path)).discover()
    assert f"X-Prometheus-Refresh-Interval-Seconds: {sent}\r\n" in server.heads[0]
    assert "Accept: application/json\r\n" in server.heads[0]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (reply(LIST, status="201 Created"), Fault.STATUS),
        (reply("", status="204 No Content"), Fault.STATUS),
        (reply(LIST, content_type="text/plain"), Fault.PAYLOAD),
        (reply(LIST, content_type="application/json; charset=latin-1"), Fault.PAYLOAD),
        (reply("[{"), Fault.PAYLOAD),
        (reply('{"targets": []}'), Fault.PAYLOAD),
    ],
)
async def test_anything_else_is_a_failure(answer: bytes, fault: Fault, tmp_path: Path) -> None:
    with pytest.raises(OutsideError) as caught:
        await discovered(answer, tmp_path)
    assert caught.value.fault is fault
