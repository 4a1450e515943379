"""Whatever a machine calls its task, the terminal of the operator is not driven by it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.text import scrub, scrub_labels

ANY = st.text(st.characters(exclude_categories=()), max_size=700)
DRIVING = {"Cc", "Cs", "Zl", "Zp"}


@given(ANY, st.integers(2, 600))
def test_the_result_is_one_harmless_line_within_its_limit(text: str, limit: int) -> None:
    clean = scrub(text, limit)
    assert len(clean) <= limit
    assert not any(unicodedata.category(char) in DRIVING for char in clean)
    assert not any(char in clean for char in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    clean.encode()


@given(ANY, st.integers(2, 600))
def test_scrubbing_twice_changes_nothing(text: str, limit: int) -> None:
    assert scrub(scrub(text, limit), limit) == scrub(text, limit)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=512))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("a\nb\tc\r", "a b c "),
        ("a\u202eb", "a\\u202eb"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("[/red][@click=app.quit]x[/]", "[/red][@click=app.quit]x[/]"),
        ("naïve 漢字 ✓", "naïve 漢字 ✓"),
        ("e" + "\u0301" * 500, "e" + "\u0301" * 3),
    ],
)
def test_known_attacks_and_innocent_text(text: str, clean: str) -> None:
    assert scrub(text) == clean


def test_what_is_cut_shows_it() -> None:
    assert scrub("x" * 600) == "x" * 511 + "…"
    assert scrub("\x00" * 300) == ("\\x00" * 128)[:511] + "…"


def test_labels_are_scrubbed_on_both_sides_and_bounded() -> None:
    labels = {f"k{n}\x1b": "v\x00" for n in range(100)}
    clean = scrub_labels(labels, most=10)
    assert clean == {f"k{n}\\x1b": "v\\x00" for n in range(10)}
