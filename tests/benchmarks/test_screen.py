"""The screen that benchmarks look at shows what a terminal would."""

import pytest

from benchmarks.screen import Screen


def shown(data: bytes, size: tuple[int, int] = (10, 4)) -> list[str]:
    screen = Screen(*size)
    screen.feed(data)
    return [line.rstrip() for line in screen.text().split("\n")]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"ab\r\ncd", ["ab", "cd", "", ""]),
        (b"\x1b[2;3Hx\x1b[1;1Hy", ["y", "  x", "", ""]),
        (b"0123456789ab", ["0123456789", "ab", "", ""]),
        (b"abc\x1b[1;2H\x1b[K", ["a", "", "", ""]),
        (b"abc\x1b[1;2H\x1b[Pz", ["az", "", "", ""]),
        (b"abc\x1b[1;2H\x1b[@z", ["azbc", "", "", ""]),
        (b"abc\x1b[1;1H\x1b[2X", ["  c", "", "", ""]),
        (b"a\x1b[4bb", ["aaaaab", "", "", ""]),
        (b"1\r\n2\r\n3\r\n4\r\n5", ["2", "3", "4", "5"]),
        (b"1\r\n2\r\n3\x1b[2;3r\x1b[2;1H\x1b[M", ["1", "3", "", ""]),
        (b"1\r\n2\r\n3\x1b[1;1H\x1b[L", ["", "1", "2", "3"]),
        (b"old\x1b[?1049hnew", ["new", "", "", ""]),
        ("\u65e5x".encode(), ["\u65e5x", "", "", ""]),
        (b"\x1b]0;title\x07a\x1b(Bb\x1bP1$r\x1b\\c", ["abc", "", "", ""]),
        (b"\x1b[3;1Ha\x1b[Ab\x1b[2Cc\x1b[2Gd\x1b[1de", ["  e", " d  c", "a", ""]),
    ],
)
def test_what_stands_on_it(data: bytes, lines: list[str]) -> None:
    assert shown(data) == lines


def test_a_wide_character_takes_two_cells() -> None:
    screen = Screen(6, 1)
    screen.feed("\u65e5x\x1b[1;3Hy".encode())
    assert screen.line(0) == "\u65e5y   "


def test_pieces_cut_anywhere_show_the_same() -> None:
    data = "\x1b[2;2H\x1b[1;38;2;1;2;3;48;5;7m\u65e5 \u2588\x1b[0m\x1b[3;1Hend\x1b]0;t\x07.".encode()
    whole, cut = Screen(10, 4), Screen(10, 4)
    whole.feed(data)
    for byte in data:
        cut.feed(bytes([byte]))
    assert (whole.text(), whole.pens) == (cut.text(), cut.pens)


def test_what_stands_behind_the_text() -> None:
    screen = Screen(5, 1)
    screen.feed(b"\x1b[44ma\x1b[48;2;1;2;3mb\x1b[49mc\x1b[31;7md\x1b[0me")
    assert [pen.ground for pen in screen.pens[0]] == ["44", "48;2;1;2;3", "", "reverse 31", ""]


def test_arrow_keys_send_what_the_program_asked_for() -> None:
    screen = Screen(5, 1)
    assert screen.arrows == b"\x1b["
    screen.feed(b"\x1b[?1h")
    assert screen.arrows == b"\x1bO"
