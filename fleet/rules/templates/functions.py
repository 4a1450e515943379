"""The functions that Prometheus 2.42 gives to the templates of alerting rules.

`tmpl` is only there for consoles, as in Prometheus. Regular expressions are RE2's, which Go's are, too.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from fleet.rules.durations import rule_duration
from fleet.rules.templates.errors import CallError
from fleet.rules.templates.numbers import format_float, parse_float
from fleet.rules.templates.printing import Buffer
from fleet.rules.templates.quoting import quote
from fleet.rules.templates.signature import ANY, SAMPLE, SAMPLES, STRING, Function
from fleet.rules.templates.values import Args, Byte, Html, Sample, Samples, Time, type_name

if TYPE_CHECKING:
    from re2 import _Regexp

_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_LARGE_1024 = ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GROUP = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)
_INT64 = 2.0**63


def newer_functions() -> dict[str, str]:
    """Functions that later versions of Prometheus have, and since when: they are refused by name."""
    return {
        "toDuration": "Prometheus has it since 2.54",
        "now": "Prometheus has it since 2.55",
        "urlQueryEscape": "Prometheus has it since 3.5",
        "tmpl": "Prometheus has it for consoles only; use {{template}}",
    }


def functions(query: Callable[[str], Samples], external_url: str) -> dict[str, Function]:
    """By name; `query` answers queries, `external_url` is where alerts link to."""
    path = re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*", "", external_url).split("?")[0]
    return {
        **_fixed(),
        "query": Function(call=query, params=(STRING,)),
        "pathPrefix": Function(call=lambda: path),
        "externalURL": Function(call=lambda: external_url),
    }


@cache
def _fixed() -> dict[str, Function]:
    """Those that are the same for every template."""

    def function(call: Callable[..., Any], *params: str, more: str = "") -> Function:
        return Function(call=call, params=params, more=more)

    return {
        "first": function(_first, SAMPLES),
        "label": function(lambda name, sample: _of(sample).Labels.get(name, ""), STRING, SAMPLE),
        "value": function(lambda sample: _of(sample).Value, SAMPLE),
        "strvalue": function(lambda sample: _of(sample).Labels.get("__value__", ""), SAMPLE),
        "args": function(lambda *values: Args({f"arg{at}": value for at, value in enumerate(values)}), more=ANY),
        "reReplaceAll": function(_replace_all, STRING, STRING, STRING),
        "safeHtml": function(Html, STRING),
        "match": function(_match, STRING, STRING),
        "title": function(title, STRING),
        "toUpper": function(lambda text: _each(text, str.upper), STRING),
        "toLower": function(lambda text: _each(text, lambda char: char.lower()[:1]), STRING),
        "graphLink": function(lambda expr: f"/graph?g0.expr={_escaped(expr)}&g0.tab=0", STRING),
        "tableLink": function(lambda expr: f"/graph?g0.expr={_escaped(expr)}&g0.tab=1", STRING),
        "sortByLabel": function(_sort_by_label, STRING, SAMPLES),
        "stripPort": function(lambda text: (_host_and_port(text) or (text, ""))[0], STRING),
        "stripDomain": function(_strip_domain, STRING),
        "humanize": function(_humanize, ANY),
        "humanize1024": function(_humanize_1024, ANY),
        "humanizeDuration": function(_humanize_duration, ANY),
        "humanizePercentage": function(lambda value: f"{_four(_number(value) * 100)}%", ANY),
        "humanizeTimestamp": function(_humanize_timestamp, ANY),
        "toTime": function(lambda value: _time(_number(value)), ANY),
        "parseDuration": function(_parse_duration, STRING),
    }


def _of(sample: Sample | None) -> Sample:
    if sample is None:
        raise CallError("runtime error: invalid memory address or nil pointer dereference")
    return sample


def _first(samples: Samples) -> Sample:
    if not samples:
        raise CallError("first() called on vector with no elements")
    return samples[0]


def _sort_by_label(name: str, samples: Samples) -> Samples:
    return Samples(sorted(samples, key=lambda sample: sample.Labels.get(name, "").encode("utf-8", "replace")))


def _escaped(text: str) -> str:
    return quote_plus(text, safe="", errors="replace")


# Regular expressions.


def _compiled(pattern: str) -> "_Regexp[str]":
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else ""
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise CallError(f"error parsing regexp: {words}") from None


def _match(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(_encodable(text)) is not None


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _replace_all(pattern: str, replacement: str, text: str) -> str:
    """Go's ReplaceAllString: `$1`, `${1}`, `${name}`; an empty match right behind another one does not count."""
    compiled, text = _compiled(pattern), _encodable(text)
    out = Buffer()
    done, last = 0, -1
    for found in compiled.finditer(text):
        if found.start() == found.end() == last:
            continue
        out.write(text[done : found.start()])
        out.write(_GROUP.sub(partial(_group, found), replacement))
        done = last = found.end()
    out.write(text[done:])
    return out.text()


def _group(found: Any, name: re.Match[str]) -> str:
    if name[0] == "$$":
        return "$"
    word = name[1] or name[2]
    try:
        if word.isdecimal():
            return found.group(int(word)) or "" if len(word) < 4 else ""
        return found.groupdict().get(word) or ""
    except IndexError:
        return ""


# Text.


def _each(text: str, change: Callable[[str], str]) -> str:
    """Character by character, as Go does: what would become two stays as it is."""
    return "".join(changed if len(changed := change(char)) == 1 else char for char in text)


def title(text: str) -> str:
    """strings.Title: the first letter of every word in upper case."""
    parts, before = [], " "
    for char in text:
        upper = char.title()
        parts.append(upper if _separates(before) and len(upper) == 1 else char)
        before = char
    return "".join(parts)


def _separates(char: str) -> bool:
    if char.isascii():
        return not (char.isalnum() or char == "_")
    return not (char.isalpha() or char.isdecimal()) and char.isspace()


def _host_and_port(text: str) -> tuple[str, str] | None:
    """net.SplitHostPort, None where it would complain."""
    head, colon, port = text.rpartition(":")
    if not colon:
        return None
    if head.startswith("["):
        if not head.endswith("]"):
            return None
        head = head[1:-1]
    elif ":" in head:
        return None
    return None if set("[]") & set(head + port) else (head, port)


def _strip_domain(text: str) -> str:
    host, port = _host_and_port(text) or (text, "")
    try:
        if "%" not in host and ip_address(host):
            return text
    except ValueError:
        pass
    host = host.split(".")[0]
    if not port:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# Numbers.


def _number(value: Any) -> float:
    """As a float64: text is parsed."""
    if isinstance(value, str) and type(value) is str:
        try:
            return parse_float(value)
        except ValueError as error:
            raise CallError(str(error)) from None
    if isinstance(value, int | float) and not isinstance(value, bool | Byte):
        return float(value)
    raise CallError(f"can't convert {type_name(value)} to float")


def _four(value: float) -> str:
    """%.4g"""
    return format_float(value, "g", 4)


def _scaled(value: float, small: tuple[str, ...]) -> tuple[float, str]:
    prefix = ""
    for one in small:
        if abs(value) >= 1:
            break
        prefix, value = one, value * 1000
    return value, prefix


def _divided(value: float, step: float, large: tuple[str, ...]) -> tuple[float, str]:
    prefix = ""
    for one in large:
        if abs(value) < step:
            break
        prefix, value = one, value / step
    return value, prefix


def _humanize(given: Any) -> str:
    value = _number(given)
    if value == 0 or not math.isfinite(value):
        return _four(value)
    value, prefix = _divided(value, 1000, _LARGE) if abs(value) >= 1 else _scaled(value, _SMALL)
    return f"{_four(value)}{prefix}"


def _humanize_1024(given: Any) -> str:
    value = _number(given)
    if abs(value) <= 1 or not math.isfinite(value):
        return _four(value)
    value, prefix = _divided(value, 1024, _LARGE_1024)
    return f"{_four(value)}{prefix}"


def _humanize_duration(given: Any) -> str:
    value = _number(given)
    if not math.isfinite(value):
        return _four(value)
    if value == 0:
        return f"{_four(value)}s"
    if abs(value) < 1:
        value, prefix = _scaled(value, _SMALL)
        return f"{_four(value)}{prefix}s"
    sign, value = ("-", -value) if value < 0 else ("", value)
    # What does not fit 64 bits becomes the smallest number there, on the machines that Prometheus runs on.
    whole = int(value) if value < _INT64 else -(2**63)
    minutes, seconds = _divmod(whole, 60)
    hours, minutes = _divmod(minutes, 60)
    days, hours = _divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    return f"{sign}{minutes}m {seconds}s" if minutes else f"{sign}{_four(value)}s"


def _divmod(number: int, by: int) -> tuple[int, int]:
    """Towards zero, as Go divides."""
    whole = int(abs(number) // by) * (-1 if number < 0 else 1)
    return whole, number - whole * by


def _time(value: float) -> Time:
    if not math.isfinite(value):
        raise CallError("value is NaN or Inf")
    nanoseconds = value * 1e9
    if not -_INT64 <= nanoseconds <= _INT64:
        shown = format_float(value, "g", -1)
        raise CallError(f"{shown} cannot be represented as a nanoseconds timestamp since it overflows int64")
    milliseconds, _ = _divmod(int(nanoseconds), 1_000_000)
    try:
        return Time(_EPOCH + timedelta(milliseconds=milliseconds))
    except OverflowError:
        raise CallError("a time before the year 1 or after 9999") from None


def _humanize_timestamp(given: Any) -> str:
    value = _number(given)
    return str(_time(value)) if math.isfinite(value) else _four(value)


def _parse_duration(text: str) -> float:
    try:
        return rule_duration(text)
    except ValueError as error:
        words = (
            "duration out of range"
            if str(error).startswith("out of range")
            else f"not a valid duration string: {quote(text)}"
        )
        raise CallError(words if text else "empty duration string") from None
