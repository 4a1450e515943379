"""What is kept between sessions: bounded, harmless, and of two dashboards neither loses what it chose."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fleet.view_line import parse_view_line
from tui.kept.memory import MOST_NAMED, MOST_TYPED, Memory, bounded, merged

NAMES = st.sampled_from(["agents", "tasks", "queues", "events"])
MEMORIES = st.builds(
    Memory,
    theme=st.sampled_from(["", "nord", "fleetdeck-light"]),
    view=st.sampled_from(["", "agents", "tasks"]),
    views=st.dictionaries(NAMES, st.sampled_from(["agents /x", "tasks faults"])),
    following=st.lists(NAMES, unique=True, max_size=3).map(tuple),
    filters=st.dictionaries(st.sampled_from("abc"), st.sampled_from(["one", "two"])),
    choices=st.dictionaries(st.sampled_from(["times"]), st.sampled_from(["local", "utc"])),
    typed=st.dictionaries(st.sampled_from(":/"), st.lists(st.sampled_from("abcdef"), unique=True).map(tuple)),
)


def test_a_view_is_kept_as_its_line() -> None:
    line = parse_view_line("agents sort=-age,name columns=name,age:6 faults /state:down")
    memory = Memory().left(line, following=True)
    assert memory.line("agents") == line
    assert memory.following == ("agents",)
    plain = memory.left(parse_view_line("agents"), following=False)
    assert plain == Memory()


def test_what_no_longer_fits_is_left_out() -> None:
    for text in ("tasks sort=colour", "agents", "tasks planner columns=nothing", 'tasks "', "agent x"):
        assert Memory(views={"tasks": text}).line("tasks") is None


def test_what_was_typed_is_kept_once_and_not_for_ever() -> None:
    memory = Memory()
    for number in range(MOST_TYPED + 20):
        memory = memory.entered(":", f"agents /{number}")
    memory = memory.entered(":", "agents /50").entered(":", "  ").entered(":", "x" * 5_000)
    assert len(memory.typed[":"]) == MOST_TYPED
    assert memory.typed[":"][-2:] == (f"agents /{MOST_TYPED + 19}", "agents /50")
    assert memory.typed[":"].count("agents /50") == 1


@given(st.from_type(str).map(lambda text: text * 3), st.integers(0, 400))
def test_a_file_of_any_texts_is_made_harmless(text: str, count: int) -> None:
    memory = bounded(
        Memory(
            theme=text,
            view=text,
            views={text: text, "agents": text},
            following=(text, "agents", "agents"),
            filters={f"{text}{n}": text for n in range(count)},
            typed={":": (text,) * count, text: (text,)},
        )
    )
    assert memory.view in ("", "agents")
    assert set(memory.views) <= {"agents"}
    assert len(memory.filters) <= MOST_NAMED
    assert len(memory.typed.get(":", ())) <= MOST_TYPED
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for kept in memory.typed.get(":", ()) for char in kept)
    memory.line("agents")
    assert bounded(memory) == memory
    assert msgspec.json.decode(msgspec.json.encode(memory), type=Memory) == memory


@given(MEMORIES, MEMORIES, MEMORIES)
def test_of_each_key_the_one_who_changed_it_wins(base: Memory, mine: Memory, theirs: Memory) -> None:
    kept = merged(base, mine, theirs)
    for name in ("theme", "view"):
        changed = getattr(mine, name) != getattr(base, name)
        assert getattr(kept, name) == getattr(mine if changed else theirs, name)
    for part in ("views", "filters", "choices"):
        old, new, other = (getattr(memory, part) for memory in (base, mine, theirs))
        for key in {*old, *new, *other}:
            wanted = new if new.get(key) != old.get(key) else other
            assert getattr(kept, part).get(key) == wanted.get(key)
    for view in ("agents", "tasks", "queues", "events"):
        wanted_from = mine if (view in mine.following) != (view in base.following) else theirs
        assert (view in kept.following) == (view in wanted_from.following)


@given(MEMORIES, MEMORIES)
def test_alone_what_is_kept_is_what_there_is(base: Memory, mine: Memory) -> None:
    kept = merged(base, mine, base)
    assert (kept.theme, kept.views, kept.filters, kept.choices) == (mine.theme, mine.views, mine.filters, mine.choices)
    assert merged(base, base, mine) == merged(mine, mine, mine)
    assert set(kept.following) == set(mine.following)


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("bcde"), max_size=12))
def test_lines_that_were_typed_in_both_are_kept_of_both(here: list[str], there: list[str]) -> None:
    base = Memory(typed={":": ("b", "x")})
    mine, theirs = base, base
    for text in here:
        mine = mine.entered(":", text)
    for text in there:
        theirs = theirs.entered(":", text)
    kept = merged(base, mine, theirs).typed[":"]
    assert set(kept) == {"b", "x", *here, *there}
    assert len(set(kept)) == len(kept)
    if here:
        assert kept[-1] == here[-1] or here[-1] == "b"
