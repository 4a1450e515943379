"""Whatever a machine calls its task, the terminal of the operator is not driven by it."""

import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.text import MARKS, scrub, scrub_json, scrub_labels, scrub_lines

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


def test_every_character_that_is_seen_as_nothing_or_obeyed_is_escaped() -> None:
    joiners = {"\u200c", "\u200d"}
    for code in range(0x110000):
        char = chr(code)
        if (
            unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
            and char not in joiners
            and char not in "\n\r\t"
        ):
            assert scrub(f"漢{char}漢") in (f"漢\\x{code:02x}漢", f"漢\\u{code:04x}漢", f"漢\\U{code:08x}漢"), hex(code)


@given(ANY)
def test_no_more_than_three_marks_stand_on_a_character(text: str) -> None:
    run = 0
    for char in scrub(text + "\u0301\u0e47\u05b0\u0301\u0483"):
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        assert run <= MARKS


def test_the_time_goes_by_the_limit_and_not_by_the_text() -> None:
    megabytes = "\x1b" * 50_000_000
    before = time.process_time()
    for _ in range(100):
        assert scrub(megabytes).startswith("\\x1b")
    assert time.process_time() - before < 2


def test_a_password_that_the_limit_halves_is_gone() -> None:
    assert scrub("x" * 20 + "://user:" + "p" * 40 + "@host", 40) == "x" * 20 + "://***@host…"
    assert "pp" not in scrub("a" * 480 + "http://u:" + "p" * 100 + "@h")


def test_lines_stay_lines() -> None:
    assert scrub_lines("a\x1b\n\tb\r\n") == "a\\x1b\n b \n"


@given(ANY)
def test_a_json_document_means_the_same_and_is_harmless(text: str) -> None:
    document = json.dumps({text: [text]}, ensure_ascii=False)
    clean = scrub_json(document)
    assert json.loads(clean) == json.loads(document)
    assert not any(unicodedata.category(char) in DRIVING | {"Cf"} for char in clean if char not in "\u200c\u200d")


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
        ("ก" + "\u0e47" * 500, "ก" + "\u0e47" * 3),
        ("ש" + "\u05b0\u05c1\u0301\u05b0" * 99, "ש" + "\u05b0\u05c1\u0301"),
        ("ᄀ" + "\u1161" * 99, "ᄀ" + "\u1161" * 3),
        ("admin\u200d", "admin\\u200d"),
        ("\u200cadmin", "\\u200cadmin"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("👩" + "\u200d" * 50, "👩" + "\u200d" * 3),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u3164", "\\u3164"),
        ("\ufffe", "\\ufffe"),
        ("\U000e0100", "\\U000e0100"),
        ("http://user:pass@host/x", "http://***@host/x"),
        ("see redis://:secret@h:1/0 and http://u@h", "see redis://***@h:1/0 and http://***@h"),
        ("mail me@host or http://host/@me", "mail me@host or http://host/@me"),
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
