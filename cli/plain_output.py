"""What commands print where the terminal or the locale knows no UTF-8: the same in ASCII, and neither an error nor
mojibake.

The one seam is the encoding of stdout and stderr, which becomes a codec of ours. Data are not for eyes: JSON keeps
every character as a `\\u` escape, and CSV that does not go to a terminal stays UTF-8 where Python would write UTF-8.
"""

import codecs
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from typing import Final

from fleet.ascii import in_ascii, json_in_ascii
from tui.terminal.capabilities import capabilities

SPELLED: Final = "fleetdeck-ascii"
"""For a stream that could not be UTF-8."""
SPELLED_UTF8: Final = "fleetdeck-ascii-for-eyes"
"""For a stream that Python would write UTF-8 to, in front of eyes that could not read it."""


class _Encoder(codecs.IncrementalEncoder):
    def encode(self, text: str, final: bool = False) -> bytes:
        return _encoded(text)[0]


def spell_for(environ: Mapping[str, str]) -> None:
    """Let stdout and stderr be written in ASCII where `environ`, or their own encoding, asks for it."""
    only_ascii = capabilities(environ).ascii
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and not stream.encoding.startswith(SPELLED):
            is_utf8 = codecs.lookup(stream.encoding).name == "utf-8"
            if only_ascii or not is_utf8:
                codecs.register(_found)
                stream.reconfigure(encoding=SPELLED_UTF8 if is_utf8 else SPELLED)


def write_data(text: str, form: str) -> None:
    """Write rows to stdout. `form` is `table`, which is for eyes, or a form of data: `json`, `jsonl`, `csv`."""
    out = sys.stdout
    if form.startswith("json") and out.encoding.startswith(SPELLED):
        text = json_in_ascii(text)
    elif form == "csv" and out.encoding == SPELLED_UTF8 and isinstance(out, TextIOWrapper) and not out.isatty():
        out.reconfigure(encoding="utf-8")
    out.write(text)
    out.flush()


def _encoded(text: str, errors: str = "strict") -> tuple[bytes, int]:
    return in_ascii(text).encode("ascii", "replace"), len(text)


def _found(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") not in (SPELLED, SPELLED_UTF8):
        return None
    return codecs.CodecInfo(
        _encoded,
        codecs.ascii_decode,
        incrementalencoder=_Encoder,
        incrementaldecoder=codecs.getincrementaldecoder("ascii"),
        name=name,
    )
