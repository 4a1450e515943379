"""The store's promise: whoever drains, whenever, ends up with what is there, and is woken once per clean→dirty edge."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fleet.store import Diff, Slice, Store, Subscription

KEYS = st.sampled_from("abcdef")
VALUES = st.integers(0, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, VALUES),
        st.tuples(st.just("drop"), KEYS),
        st.tuples(st.just("replace"), st.dictionaries(KEYS, VALUES)),
        st.tuples(st.just("touch"), KEYS),
        st.tuples(st.just("drain"), st.integers(0, 2)),
    ),
    max_size=60,
)


class Mirror:
    """A reader that keeps a copy by diffs alone, and checks what each diff says against it."""

    def __init__(self, source: Slice[str, int]) -> None:
        self.source = source
        self.copy = dict(source)
        self.wakes = 0
        self.drained_at = 0
        self.gone: set[str] = set()
        self.subscription: Subscription[str, int] = source.subscribe(self.wake)

    def wake(self) -> None:
        self.wakes += 1

    def drain(self) -> None:
        diff = self.subscription.drain()
        assert not diff.added & diff.updated
        assert not diff.changed & diff.removed
        assert diff.added.isdisjoint(self.copy)
        assert diff.removed <= self.copy.keys()
        assert all(self.copy[key] != self.source[key] or key in self.gone for key in diff.updated)
        assert self.gone & self.copy.keys() <= diff.updated | diff.removed
        self.gone.clear()
        for key in diff.removed:
            del self.copy[key]
        for key in diff.changed:
            self.copy[key] = self.source[key]
        assert self.copy == dict(self.source)
        self.drained_at = self.wakes


def step(rows: Slice[str, int], mirrors: list[Mirror], action: tuple[object, ...]) -> None:
    match action:
        case ("put", str(key), int(value)):
            changes = rows.get(key) != value
            assert rows.put(key, value) is changes
            assert rows.put(key, value) is False
        case ("drop", str(key)):
            there = key in rows
            assert rows.drop(key) is there
            assert key not in rows
            for mirror in mirrors:
                mirror.gone.add(key)
        case ("replace", dict(wanted)):
            for mirror in mirrors:
                mirror.gone |= rows.keys() - wanted.keys()
            rows.replace(wanted)
            assert dict(rows) == wanted
        case ("touch", str(key)):
            rows.touch(key, datetime(2026, 1, 1, tzinfo=UTC))
        case ("drain", int(who)):
            mirrors[who].drain()


@given(STEPS)
def test_every_subscriber_ends_up_with_what_is_there(steps: list[tuple[object, ...]]) -> None:
    rows: Slice[str, int] = Slice()
    mirrors = [Mirror(rows) for _ in range(3)]
    for action in steps:
        step(rows, mirrors, action)
        for mirror in mirrors:
            assert mirror.wakes - mirror.drained_at <= 1
    for mirror in mirrors:
        mirror.drain()
        assert not mirror.subscription.drain()


def test_there_and_back_again_is_no_change() -> None:
    rows: Slice[str, int] = Slice()
    rows.put("a", 1)
    subscription = rows.subscribe(lambda: None)
    rows.put("a", 2)
    rows.put("a", 1)
    rows.put("b", 1)
    rows.drop("b")
    assert not subscription.drain()


def test_writing_the_same_wakes_nobody_and_says_so() -> None:
    rows: Slice[str, int] = Slice()
    woken: list[str] = []
    rows.put("a", 1)
    rows.subscribe(lambda: woken.append("x"))
    assert rows.put("a", 1) is False
    rows.touch("a", datetime(2026, 1, 1, tzinfo=UTC))
    assert woken == []
    assert rows.seen("a") == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_storm_is_one_wake_and_one_key() -> None:
    rows: Slice[str, int] = Slice()
    woken: list[str] = []
    subscription = rows.subscribe(lambda: woken.append("x"))
    for value in range(10_000):
        rows.put("a", value)
    assert woken == ["x"]
    assert subscription.drain() == Diff(frozenset("a"), frozenset(), frozenset())
    rows.put("a", -1)
    assert woken == ["x", "x"]


def test_a_closed_subscription_hears_nothing_and_closing_twice_is_harmless() -> None:
    rows: Slice[str, int] = Slice()
    woken: list[str] = []
    subscription = rows.subscribe(lambda: woken.append("x"))
    subscription.close()
    subscription.close()
    rows.put("a", 1)
    assert woken == []


def test_a_dropped_row_was_never_seen_when_it_comes_back() -> None:
    rows: Slice[str, int] = Slice()
    rows.put("a", 1)
    rows.touch("a", datetime(2026, 1, 1, tzinfo=UTC))
    rows.drop("a")
    rows.put("a", 1)
    assert rows.seen("a") is None


def test_a_reader_that_closes_itself_when_woken_keeps_no_news_from_the_next() -> None:
    rows: Slice[str, int] = Slice()

    def leave() -> None:
        own.close()

    own = rows.subscribe(leave)
    late = rows.subscribe(lambda: None)
    rows.put("a", 1)
    assert late.drain().added == {"a"}


def test_the_fields_of_the_store_are_slices_of_their_own() -> None:
    store = Store()
    store.health.put("a", None)  # type: ignore[arg-type]
    assert len(store.scrapes) == 0
    assert store.now is None
