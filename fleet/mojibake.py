"""Text that was read in the wrong encoding once, put right line by line.

Plan documents go through editors and pipes that take UTF-8 for MacRoman, cp1252 or Latin-1, so that `✅` arrives as
`‚úÖ` or `âœ…`. Writing such a line back in the wrong encoding gives UTF-8 again. A line where that does not work out
exactly is kept as it is: text that was never broken practically always fails the test.
"""

import codecs

_UNDEFINED = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
"""Bytes that cp1252 leaves undefined; lenient readers pass them on as C1 characters."""

_CP1252 = {ord(bytes([byte]).decode("cp1252")): byte for byte in range(256) if byte not in _UNDEFINED} | {
    byte: byte for byte in _UNDEFINED
}
_MAC_ROMAN = {ord(bytes([byte]).decode("mac_roman")): byte for byte in range(256)}
_LATIN_1 = {byte: byte for byte in range(256)}
_MISREADINGS = (_CP1252, _MAC_ROMAN, _LATIN_1)


def repaired(line: str) -> str:
    """`line` as it was before UTF-8 was misread as cp1252, MacRoman or Latin-1; unchanged where it was not."""
    if line.isascii():
        return line
    for table in _MISREADINGS:
        try:
            return codecs.charmap_encode(line, "strict", table)[0].decode("utf-8")
        except UnicodeError:
            continue
    return line


def decoded(raw: bytes) -> str:
    """The text of one line of a document that should be UTF-8: repaired, or read as cp1252 where it is no UTF-8."""
    try:
        return repaired(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def as_utf8(content: bytes) -> bytes:
    """`content` without a byte order mark, and as UTF-8 where the mark says that it is UTF-16."""
    if content.startswith(codecs.BOM_UTF8):
        return content[len(codecs.BOM_UTF8) :]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content
