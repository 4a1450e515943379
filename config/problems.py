"""What is wrong with a configuration, collected, so that one reading names every mistake.

A problem is one line, `fleetdeck.yaml:12: discovery[2].urll: unknown key; did you mean url? (known: url, label)`.
Secrets that somebody wrote into the file are blotted out of every line.
"""

import difflib
import re
from collections.abc import Iterable

from msgspec import Struct

from fleet.errors import ConfigError
from fleet.text import scrub

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SECRET_KEY = re.compile(
    r"pass(?:word|wd|phrase)?\b|pass(?:word|wd|phrase)|secret|token|api_?key|credential|authorization|private_?key",
    re.I,
)
_REFERENCE_KEY = re.compile(r"[_-](?:env|file)$", re.I)
_SYNONYMS = {
    "interval": "every", "refresh": "every", "refresh_interval": "every", "period": "every", "scrape_interval": "every",
    "type": "kind", "source": "kind",
    "uri": "url", "address": "url", "endpoint": "url", "host": "url",
    "file": "path", "filename": "path", "regex": "match", "pattern": "match",
    "queue": "queues", "backlogs": "backlog", "todo": "backlog", "sources": "discovery", "agents": "discovery",
    "readonly": "read_only", "ro": "read_only",
}  # fmt: skip
_MOST = 200
"""Problems that are printed; a file with more of them is wrong altogether."""


class Problem(Struct, frozen=True, kw_only=True):
    """One mistake: the line of the file (1-based, None where there is none), the dotted key, and a sentence."""

    line: int | None
    key: str
    text: str


class Problems:
    """The mistakes of one file, in the order of its lines."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self._secrets: set[str] = set()

    def __len__(self) -> int:
        return len(self._found)

    @property
    def found(self) -> tuple[Problem, ...]:
        """The mistakes, in the order in which they were noted; secrets are not hidden in them."""
        return tuple(self._found)

    def add(self, line: int | None, key: str, text: str) -> None:
        """Note a mistake."""
        self._found.append(Problem(line=line, key=key, text=text))

    def hide(self, secrets: Iterable[str]) -> None:
        """Never print these texts."""
        self._secrets.update(secret for secret in secrets if len(secret) > 2)

    def lines(self, file: str) -> list[str]:
        """One line a problem, by line of `file`, harmless to a terminal."""
        ordered = sorted(self._found, key=lambda problem: problem.line or 0)
        lines = [self._line(file, problem) for problem in ordered[:_MOST]]
        if len(ordered) > _MOST:
            lines.append(f"{scrub(file)}: and {len(ordered) - _MOST} more")
        return list(dict.fromkeys(lines))

    def error(self, file: str) -> ConfigError:
        """All of them as an error to raise."""
        return ConfigError("\n".join(self.lines(file)))

    def _line(self, file: str, problem: Problem) -> str:
        where = file if problem.line is None else f"{file}:{problem.line}"
        text = f"{problem.key}: {problem.text}" if problem.key else problem.text
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return f"{scrub(where)}: {scrub(text, 1024)}"


def child(key: str, name: str) -> str:
    """The dotted key of `name` in `key`; a name with odd characters is quoted and cut."""
    shown = name if _PLAIN_KEY.fullmatch(name) and len(name) <= 64 else f'"{scrub(name, 48)}"'
    return f"{key}.{shown}" if key else shown


def item(key: str, index: int) -> str:
    """The dotted key of the item `index` of the list `key`."""
    return f"{key}[{index}]"


def is_secret_key(name: str) -> bool:
    """Whether a value under this name is to be kept out of sight. `token_env` and `token_file` only name a place."""
    return bool(_SECRET_KEY.search(name)) and not _REFERENCE_KEY.search(name)


def likeliest(wrong: str, known: Iterable[str]) -> str | None:
    """What was probably meant by `wrong`: the closest of `known` or its synonym; None where nothing is likely."""
    names = list(known)
    close = difflib.get_close_matches(wrong.lower()[:64], names, n=1)
    guess = close[0] if close else _SYNONYMS.get(wrong.lower())
    return guess if guess in names else None


def nearest(wrong: str, known: Iterable[str]) -> str:
    """`; did you mean url? (known: url, label)`: the likeliest of `known`, where one is likely, and all of them."""
    names = list(known)
    guess = likeliest(wrong, names)
    hint = f"; did you mean {guess}?" if guess else ""
    return f"{hint} (known: {', '.join(names)})" if names else hint
