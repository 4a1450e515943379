"""What a user of the samples relies on: limits, wants, what cannot be answered, times, and labels of targets."""

import math
from array import array

import pytest

from fleet.model import Page, SeriesId
from fleet.promql.labels import NAME, Labels
from fleet.promql.storage import Latest, Matcher, MatchOp
from fleet.samples.samples import SampleLimits, Samples
from fleet.samples.targets import agent_labels, instance, labels_of_series, source_labels, target_pairs
from tests.fleet.samples.asked import Asks, asks, named, page

AT = 1_700_000_000.0
MS = 1_700_000_000_000
LABELS = agent_labels("a", "http://127.0.0.1:9000/metrics")


def kept(samples: Samples, name: str, *, until_ms: int = 2 * MS) -> Latest:
    """The newest samples of a name, however old."""
    return samples.latest(named(name), 0, until_ms)


def test_only_what_is_asked_for_is_kept() -> None:
    samples = Samples()
    samples.want("rules", asks("a"))
    samples.want("query:1", [Asks((Matcher("exported_job", MatchOp.EQUAL, "x"),), 60.0)])
    other = SeriesId("b", (("job", "x"),))
    samples.add_page("t", AT, Page(series=(SeriesId("a"), SeriesId("b"), other), values=(1.0, 2.0, 3.0)), LABELS)
    assert len(samples) == 2
    assert list(kept(samples, "b").values) == [3.0]
    assert kept(samples, "a").labels[0] == Labels.of({NAME: "a", **LABELS})
    samples.want("query:1", [])
    samples.add_page("t", AT + 15, Page(series=(SeriesId("a"), other), values=(1.5, 3.0)), LABELS)
    assert list(kept(samples, "a").values) == [1.5]
    assert not kept(samples, "b").labels, "what nobody asks for any more has ended"


def test_a_scrape_says_of_itself_what_prometheus_adds() -> None:
    samples = Samples()
    samples.want("rules", asks("up", "scrape_duration_seconds", "scrape_samples_scraped", "a"))
    samples.add_page("t", AT, page(a=1.0, b=2.0), LABELS, took_s=0.25)
    assert [list(kept(samples, f"scrape_{what}").values) for what in ("duration_seconds", "samples_scraped")] == [
        [0.25],
        [2.0],
    ]
    samples.failed("t", AT + 15, LABELS)
    assert list(kept(samples, "up").values) == [0.0]
    assert not kept(samples, "a").labels
    samples.gone("t", AT + 30)
    assert not kept(samples, "up").labels


def test_other_labels_of_the_same_target_are_other_series() -> None:
    samples = Samples()
    samples.want("rules", asks("a"))
    shape = page(a=1.0)
    samples.add_page("t", AT, shape, LABELS)
    samples.add_page("t", AT + 15, shape, agent_labels("a", "http://127.0.0.1:9001/metrics"))
    assert [one.get("instance") for one in kept(samples, "a").labels] == ["127.0.0.1:9001"]


def test_a_series_belongs_to_one_source_until_it_ends_there() -> None:
    samples = Samples()
    one = Labels.of({NAME: "job:rate"})
    samples.add_row("group a", MS, [one], [1.0])
    samples.add_row("group b", MS + 1, [one], [2.0])
    assert samples.conflicts == 1
    assert list(kept(samples, "job:rate").values) == [1.0]
    samples.stale("group a", MS + 2)
    samples.add_row("group b", MS + 3, [one], [3.0])
    assert list(kept(samples, "job:rate").values) == [3.0]


def test_series_beyond_the_limit_are_refused_and_counted_and_taken_when_there_is_room() -> None:
    samples = Samples(SampleLimits(series=3, reach_s=60.0))
    samples.want("rules", asks("m", reach_s=60.0))

    def scrape(target: str, at_s: float, count: int) -> None:
        series = tuple(SeriesId("m", (("n", str(number)),)) for number in range(count))
        samples.add_page(target, at_s, Page(series=series, values=array("d", range(count))), {"instance": target})

    scrape("big", AT, 5)
    assert (len(samples), samples.refused) == (3, 2)
    assert any("lack of room" in said for said in samples.problems())
    scrape("late", AT + 1, 1)
    assert len(kept(samples, "m").labels) == 3
    for step in range(2, 600, 10):
        scrape("big", AT + step, 1)
        scrape("late", AT + step, 1)
    assert {one.get("instance") for one in kept(samples, "m").labels} == {"big", "late"}


def test_points_beyond_the_limit_shorten_how_far_back_is_kept_and_it_is_said() -> None:
    samples = Samples(SampleLimits(points=1_000))
    samples.want("rules", asks("m", reach_s=3600.0))
    for step in range(400):
        for target in ("a", "b"):
            labels = agent_labels(target, "http://127.0.0.1/")
            samples.add_page(target, AT + step * 15, page(m=1.0), labels)
            assert samples.points <= 1_000 + 2
    assert samples.points > 500
    assert samples.reach_s < 3600.0
    assert any(said.startswith("rules looks back 1h") for said in samples.problems())
    assert len(kept(samples, "m").labels) == 2


def test_who_looks_further_back_than_anything_is_kept_is_named() -> None:
    samples = Samples()
    samples.want("slos", asks("m", reach_s=math.inf))
    samples.want("rules", asks("m", reach_s=300.0))
    assert [said.partition(",")[0] for said in samples.problems()] == ["slos looks back for ever"]


def test_a_page_that_changes_with_every_scrape_is_bounded_by_what_it_shows() -> None:
    samples = Samples(SampleLimits(reach_s=60.0))
    samples.want("rules", asks("m", "steady", reach_s=60.0))
    steady = tuple(SeriesId("steady", (("n", str(number)),)) for number in range(50))
    for step in range(500):
        series = (*steady, SeriesId("m", (("at", str(step)),)))
        samples.add_page("t", AT + step * 15, Page(series=series, values=array("d", [1.0]) * 51), LABELS)
    # 360 s are kept: 24 rows, and at most 8 more that are not dropped one by one.
    assert len(samples) <= 50 + 36
    assert samples.points < 36 * 120
    assert len(kept(samples, "m").labels) == 1
    assert len(kept(samples, "steady").labels) == 50


def test_sources_that_write_no_more_are_forgotten() -> None:
    samples = Samples()
    samples.want("rules", asks("m", reach_s=60.0))
    for target in ("gone", "silent"):
        samples.add_page(target, AT, page(m=1.0), {"instance": target})
    samples.gone("gone", AT + 1)
    for step in range(40):
        samples.add_page("here", AT + step * 15, page(m=1.0), {"instance": "here"})
    assert [one.get("instance") for one in kept(samples, "m").labels] == ["here"]
    assert len(samples) == 1


def test_late_rows_are_left_out_and_counted() -> None:
    samples = Samples()
    one = Labels.of({NAME: "m"})
    samples.add(one, MS, 1.0)
    samples.add(one, MS, 2.0)
    samples.add(one, MS - 1, 3.0)
    assert samples.late == 2
    assert [(list(s.times), list(s.values)) for s in samples.range(named("m"), 0, MS)] == [([MS], [1.0])]


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://127.0.0.1:9000/metrics", "127.0.0.1:9000"),
        ("https://agent.example/metrics?x=1", "agent.example:443"),
        ("http://user:secret@host/metrics", "host:80"),
        ("http://[::1]:9000/metrics", "[::1]:9000"),
        ("http://host:99999/", "http://host:99999/"),
        ("/run/agents/*.json", "/run/agents/*.json"),
    ],
)
def test_the_instance_is_host_and_port(url: str, wanted: str) -> None:
    assert instance(url) == wanted


def test_labels_of_a_page_give_way_to_those_of_its_target() -> None:
    own = target_pairs(source_labels("exporter", "http://127.0.0.1:9090/metrics"))
    theirs = (("agent", "a"), ("empty", ""), ("exported_job", "older"), ("instance", "x"), ("job", "mine"))
    assert labels_of_series(SeriesId("up", theirs), own).as_dict() == {
        NAME: "up",
        "agent": "a",
        "exported_exported_job": "mine",
        "exported_instance": "x",
        "exported_job": "older",
        "instance": "127.0.0.1:9090",
        "job": "exporter",
    }
