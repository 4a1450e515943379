"""A line cut at its blanks as a shell does it, but a backslash is a backslash: patterns are full of them.

Filters and view lines are read with this. What stands in quotes, of either kind, belongs together, wherever in a word
the quotes stand; inside one kind the other is a character.
"""

from msgspec import Struct

from fleet.errors import FilterError

BLANKS = " \t\r\n"
QUOTES = "'\""

HIDDEN = "\0"
"""Stands for a character that was in quotes."""


class Chunk(Struct, frozen=True):
    """A word of a line.

    `text` is the word without its quotes. `bare` is as long as `text` and shows only what was not in quotes, so that
    a sign found in it is a sign; quoted characters are NUL there (and a NUL is U+0001). `places[i]` is where `text[i]`
    stands in the line; the word stands in `line[start:end]`. `open_quote` is where a quote stands that is never closed.
    """

    text: str
    bare: str
    places: tuple[int, ...]
    start: int
    end: int
    open_quote: int | None = None

    @property
    def is_quoted(self) -> bool:
        """Whether its first character stood in quotes, or it is nothing but quotes."""
        return self.bare[:1] in ("", HIDDEN)

    def place(self, index: int) -> int:
        """Where the character `index` stands in the line; the end of the word for the one after the last."""
        return self.places[index] if index < len(self.places) else self.end

    def part(self, start: int, end: int) -> "Chunk":
        """The characters from `start` up to `end` of it."""
        places = self.places[start:end]
        return Chunk(self.text[start:end], self.bare[start:end], places, self.place(start), self.place(end))


def chunks(line: str) -> list[Chunk]:
    """The words of `line`."""
    found = []
    at = 0
    while at < len(line):
        if line[at] in BLANKS:
            at += 1
            continue
        chunk = _chunk(line, at)
        found.append(chunk)
        at = chunk.end
    return found


def _chunk(line: str, start: int) -> Chunk:
    text: list[str] = []
    bare: list[str] = []
    places: list[int] = []
    quote, opened, at = "", None, start
    while at < len(line) and (quote or line[at] not in BLANKS):
        char = line[at]
        if quote and char == quote:
            quote, opened = "", None
        elif not quote and char in QUOTES:
            quote, opened = char, at
        else:
            text.append(char)
            bare.append(HIDDEN if quote else "\1" if char == HIDDEN else char)
            places.append(at)
        at += 1
    return Chunk("".join(text), "".join(bare), tuple(places), start, at, opened)


def check_quotes(chunk: Chunk, line: str) -> None:
    """Raise FilterError where a quote of `chunk` is never closed."""
    if chunk.open_quote is not None:
        rest = line[chunk.open_quote : chunk.open_quote + 40]
        raise FilterError(f"{rest!r}: the quote is never closed", text=line, at=chunk.open_quote)


def quoted(text: str) -> str:
    """`text` in quotes, so that it is read as one word; it may hold quotes of both kinds."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    # Never beginning outside of quotes: a word that begins with a quote is always a text.
    parts = [f"'{part}'" for part in text.split("'")]
    return '"\'"'.join(parts)
