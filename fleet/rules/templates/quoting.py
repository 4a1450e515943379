"""Strings as Go writes and reads them: strconv.Quote, strconv.Unquote."""

_SHORT = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
_LONG = {value: name for name, value in _SHORT.items() if name not in "'\""}


def quote(text: str, around: str = '"', *, ascii_only: bool = False) -> str:
    """`text` in double quotes (or in `around`), with escapes for what cannot be printed."""
    return around + "".join(_written(char, around, ascii_only=ascii_only) for char in text) + around


def _written(char: str, around: str, *, ascii_only: bool) -> str:
    if char in (around, "\\"):
        return f"\\{char}"
    code = ord(char)
    if char == " " or (char.isprintable() and (code < 0x80 or not ascii_only) and not 0xD800 <= code < 0xE000):
        return char
    if char in _LONG:
        return f"\\{_LONG[char]}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(text: str, *, characters: bool = False) -> str:
    """The string that a Go literal (`"…"`, `` `…` `` or a character `'…'`) means. Raises ValueError, also for other
    than one character unless `characters` allows it."""
    around, inner = text[:1], text[1:-1]
    if len(text) < 2 or text[-1] != around or around not in ('"', "`", "'"):
        raise ValueError("invalid syntax")
    if around == "`":
        return inner.replace("\r", "")
    parts: list[bytes] = []
    at = 0
    while at < len(inner):
        if inner[at] != "\\":
            if inner[at] == around:
                raise ValueError("invalid syntax")
            parts.append(inner[at].encode("utf-8", "surrogatepass"))
            at += 1
            continue
        part, at = _escape(inner, at + 1, around)
        parts.append(part)
    value = b"".join(parts).decode("utf-8", "replace")
    if around == "'" and len(value) != 1 and not characters:
        raise ValueError("invalid syntax")
    return value


def _escape(text: str, at: int, around: str) -> tuple[bytes, int]:
    """What the escape behind the backslash means, and where the text goes on."""
    char = text[at : at + 1]
    if char in _SHORT and char and not (char in "'\"" and char != around):
        return _SHORT[char].encode(), at + 1
    sizes = {"x": (2, 16), "u": (4, 16), "U": (8, 16)}
    if char in sizes:
        size, base = sizes[char]
        digits = text[at + 1 : at + 1 + size]
        end = at + 1 + size
    elif char and char in "01234567":
        size, base, digits, end = 3, 8, text[at : at + 3], at + 3
    else:
        raise ValueError("invalid syntax")
    allowed = "0123456789abcdefABCDEF" if base == 16 else "01234567"
    if len(digits) != size or any(digit not in allowed for digit in digits):
        raise ValueError("invalid syntax")
    code = int(digits, base)
    if char in ("u", "U"):
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise ValueError("invalid syntax")
        return chr(code).encode(), end
    if code > 255:
        raise ValueError("invalid syntax")
    if around == "'":
        return chr(code).encode(), end
    return bytes([code]), end
