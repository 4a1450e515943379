"""The simulated agents serve what the benchmarks say they serve, and the configurations that watch them are right."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fleet import Fleet
from benchmarks.pages import CONTENT_TYPE, SAMPLES, agent_name, page
from benchmarks.worker import Worker, until
from cli.kinds import kind_tables
from config.load import load
from fleet.exposition.page import parse_page
from fleet.model import Page


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with Fleet(3, tmp_path) as started:
        yield started


def asked(fleet: Fleet, index: int, path: str = "/metrics", times: int = 1) -> list[bytes]:
    """The bodies of so many answers over one connection."""
    connection = http.client.HTTPConnection(fleet.origins[index], timeout=10)
    try:
        bodies = []
        for _ in range(times):
            connection.request("GET", path, headers={"User-Agent": "tests/1"})
            bodies.append(connection.getresponse().read())
        return bodies
    finally:
        connection.close()


def read(body: bytes) -> Page:
    return parse_page(body, CONTENT_TYPE)


def queued(body: bytes) -> float:
    found = read(body)
    return next(
        value for series, value in zip(found.series, found.values, strict=True) if series.name == "agent_tasks_queued"
    )


def test_a_page_has_the_samples_and_about_the_bytes_that_the_documentation_says() -> None:
    found = read(page(5))
    assert (len(found.series), found.duplicates, found.cut) == (SAMPLES, 0, 0)
    assert 6_900 <= len(page(5)) <= 7_400
    moved = sum(before != after for before, after in zip(found.values, read(page(6)).values, strict=True))
    assert moved >= 60


def test_agents_are_origins_of_their_own_and_name_themselves(fleet: Fleet) -> None:
    assert len(set(fleet.origins)) == 3
    for index in range(3):
        info = read(asked(fleet, index)[0]).series[0]
        assert dict(info.labels)["agent_name"] == agent_name(index)


def test_every_scrape_shows_other_values_unless_all_is_still(fleet: Fleet) -> None:
    first, second = asked(fleet, 0, times=2)
    assert first != second
    assert len(read(first).series) == SAMPLES
    fleet.still()
    fleet.served()
    assert len(set(asked(fleet, 0, times=3))) == 1


def test_a_poke_moves_one_number_of_one_agent(fleet: Fleet) -> None:
    fleet.still()
    fleet.served()
    before = [asked(fleet, index)[0] for index in range(3)]
    fleet.poke(1)
    fleet.served()
    after = [asked(fleet, index)[0] for index in range(3)]
    assert [queued(body) for body in after] == [1000, 1001, 1000]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True]
    assert sum(a != b for a, b in zip(read(before[1]).values, read(after[1]).values, strict=True)) == 1


def test_answers_are_counted_by_client_and_page(fleet: Fleet) -> None:
    asked(fleet, 0, times=2)
    asked(fleet, 2, "/health")
    assert fleet.served() == {"tests metrics": 2, "tests health": 1}


def test_its_configuration_is_right_and_says_who_is_asked_more_often(fleet: Fleet) -> None:
    file = fleet.fleetdeck("few", every="1h", agents=2, health=True, often={1: "250ms"})
    config = load(file, kind_tables())
    assert (config.name, len(config.discovery)) == ("few", 1)
    targets = (fleet.folder / "few-targets.json").read_text(encoding="utf-8")
    assert targets.count("250ms") == 1
    assert agent_name(2) not in targets


def test_the_collecting_program_takes_everything_in(fleet: Fleet) -> None:
    file = fleet.fleetdeck("all", every="1h", host=False)
    whole = {"agents": 3, "whole": 3, "failing": 0}
    with Worker("benchmarks.workers.deck", str(file), folder=fleet.folder) as deck:
        until(lambda: deck.ask("state") == whole)
        served = fleet.served()["fleetdeck metrics"]
        assert deck.ask("sweep") == whole
        assert fleet.served()["fleetdeck metrics"] == served + 3


def test_the_plain_program_does_the_same_work(fleet: Fleet) -> None:
    file = fleet.folder / "urls"
    file.write_text("\n".join(fleet.urls()), encoding="utf-8")
    with Worker("benchmarks.workers.plain", str(file), folder=fleet.folder) as plain:
        assert plain.ask("sweep") == {"whole": 3}
