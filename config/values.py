"""Types of configuration values beyond those of YAML: durations, URLs, patterns, and secrets by reference.

A value type has a `parse` that reads what YAML gave, or raises ValueError with a sentence that says what is wanted and
never repeats a secret.
"""

import os
import re
import stat
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, ClassVar, Self
from urllib.parse import SplitResult, urlsplit

import re2
from msgspec import Meta, Struct

from fleet.errors import ConfigError
from fleet.secret import Secret
from fleet.text import scrub
from fleet.times import parse_duration

_USERINFO = re.compile(r"://[^/?#\s]*@")
_DURATION_STEPS_MS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


FilePath = Annotated[str, Meta(min_length=1)]
"""A path; relative ones are taken from the configuration's folder."""


class Seconds(float):
    """A duration in seconds, written `5s`, `250ms`, `1h30m`, or as a bare number."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read what YAML gave. Raises ValueError with a sentence."""
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError("a duration such as 5s, 250ms or 1h30m is wanted")
        seconds = parse_duration(value) if isinstance(value, str) else float(value)
        if not 0 < seconds < 10**9:
            raise ValueError("a duration must be more than 0s and less than 31 years")
        return cls(seconds)


def duration_text(seconds: float) -> str:
    """`seconds` as it is written in a configuration (`5s`, `1h30m`, `250ms`); `parse_duration` reads it back."""
    whole = round(seconds * 1000)
    if whole <= 0 or abs(whole / 1000 - seconds) > 1e-9:
        return f"{seconds:f}s"
    text = ""
    for unit, size in _DURATION_STEPS_MS:
        number, whole = divmod(whole, size)
        text += f"{number}{unit}" if number else ""
    return text


class Url(str):
    """A checked URL: a known scheme, a host (or, for `unix:`, a path), a port that exists, and no credentials in it."""

    __slots__ = ()
    schemes: ClassVar[frozenset[str]] = frozenset({"http", "https", "redis", "rediss", "unix"})
    example: ClassVar[str] = "http://127.0.0.1:5005"

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read what YAML gave. Raises ValueError that does not repeat credentials."""
        if not isinstance(value, str) or not value:
            raise ValueError(f"a URL such as {cls.example} is wanted")
        refuse_credentials(value)
        if not value.isprintable() or " " in value:
            raise ValueError("a URL has no blanks or control characters")
        parts = _split(value)
        if parts.scheme not in cls.schemes:
            known = ", ".join(sorted(cls.schemes))
            what = f"the scheme {parts.scheme!r} is not known here" if parts.scheme else "the URL has no scheme"
            raise ValueError(f"{what}; write one of {known}, such as {cls.example}")
        if parts.scheme == "unix":
            if not parts.path:
                raise ValueError("a unix URL names a socket, such as unix:///run/redis.sock")
        elif not parts.hostname:
            raise ValueError(f"the URL names no host; write it such as {cls.example}")
        return cls(value)


class HttpUrl(Url):
    """An `http` or `https` URL."""

    __slots__ = ()
    schemes = frozenset({"http", "https"})


class RedisUrl(Url):
    """A `redis`, `rediss` (TLS) or `unix` (socket) URL."""

    __slots__ = ()
    schemes = frozenset({"redis", "rediss", "unix"})
    example = "redis://127.0.0.1:6379/0"

    @classmethod
    def parse(cls, value: object) -> Self:
        url = super().parse(value)
        parts = urlsplit(url)
        database = parts.path.strip("/")
        if parts.scheme != "unix" and database and not database.isdecimal():
            raise ValueError(f"the database is a number, such as {cls.example}")
        return url


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        # urllib's own sentences repeat parts of the URL, so they are not passed on.
        wrong = "its port is no number from 1 to 65535" if str(error).startswith("Port") else "its host cannot be read"
        raise ValueError(f"this is no URL: {wrong}") from None
    if port == 0:
        raise ValueError("a URL's port is between 1 and 65535")
    return parts


def refuse_credentials(text: str) -> None:
    """Raise ValueError where `text` holds a URL with credentials (`scheme://user:password@host`); they stay unsaid."""
    if _USERINFO.search(text):
        raise ValueError(
            "credentials do not stand in a URL; take them out and name a secret instead, {env: NAME} or {file: PATH}"
        )


class Regex(str):
    """A regular expression (RE2's syntax), compiled when the configuration is read.

    RE2 matches in linear time. With Python's own, a pattern like `(a+)+b` and one long command line would hold the
    interpreter for ever.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read what YAML gave. Raises ValueError with the place where the pattern is wrong."""
        if not isinstance(value, str) or not value:
            raise ValueError("a regular expression is wanted")
        try:
            cls(value).compiled()
        except (re2.error, UnicodeEncodeError) as error:
            reason = error.args[0] if error.args else ""
            words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
            raise ValueError(f"the regular expression is wrong: {scrub(words, 120)}") from None
        return cls(value)

    def compiled(self) -> "re2._Regexp[str]":
        """The compiled pattern."""
        options = re2.Options()
        options.log_errors = False
        return re2.compile(str(self), options=options)


class Listen(Struct, frozen=True):
    """Where to listen: an IP address and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, *, public: bool = False) -> Self:
        """Read `127.0.0.1:9105`, `[::1]:9105` or `localhost:9105`.

        Raises ValueError, also where the address is not loopback and `public` is False.
        """
        host, colon, port = text.rpartition(":")
        if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
            raise ValueError("an address with a port from 1 to 65535 is wanted, such as 127.0.0.1:9105")
        host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
        try:
            address = ip_address(host)
        except ValueError:
            raise ValueError("an IP address is wanted before the port, such as 127.0.0.1:9105") from None
        if not (address.is_loopback or public):
            raise ValueError(
                "only a loopback address is allowed here, such as 127.0.0.1:9105, unless public: true says so"
            )
        return cls(str(address), int(port))


class SecretRef(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a secret is: an environment variable, or a file that only its owner can read. Exactly one of the two."""

    env: str | None = None
    """Name of the environment variable that holds the secret."""
    file: str | None = None
    """Path of a file that holds the secret and has mode 0600."""

    def __post_init__(self) -> None:
        if (self.env is None) == (self.file is None):
            raise ValueError("a secret is either {env: NAME} or {file: PATH}")

    @property
    def place(self) -> str:
        """Where the secret is, in words."""
        return f"env {self.env}" if self.env is not None else f"file {self.file}"

    def read(self, root: Path) -> Secret:
        """The secret. Raises ConfigError that names the place, never the value."""
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                raise ConfigError(f"the environment variable {self.env} is not set")
            return Secret(_one_line(value, f"the environment variable {self.env}"))
        return Secret(_one_line(_read_private(root / str(self.file)), f"the secret file {self.file}"))


_SECRET_BYTES = 64 * 1024


def _read_private(path: Path) -> str:
    """The text of a file that only its owner can read. What is checked is the very file that is read.

    Raises ConfigError that names the file, never its content.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise ConfigError(f"the secret file {path} is no regular file")
            if about.st_mode & 0o077:
                raise ConfigError(f"the secret file {path} can be read by others; chmod 600 it")
            content = file.read(_SECRET_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such path"
        raise ConfigError(f"the secret file {path} cannot be read: {reason}") from error
    if len(content) > _SECRET_BYTES:
        raise ConfigError(f"the secret file {path} is larger than {_SECRET_BYTES:,} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # The error would carry the content.
        raise ConfigError(f"the secret file {path} is not UTF-8") from None


def _one_line(text: str, where: str) -> str:
    """`text` without blanks around it. Raises ConfigError where nothing is left, or a header could not carry it."""
    secret = text.strip()
    if not secret:
        raise ConfigError(f"{where} is empty")
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in secret):
        raise ConfigError(f"{where} holds a line break or another control character within the secret")
    return secret


def decode_hook(wanted: type, value: object) -> object:
    """msgspec's `dec_hook` for the types above."""
    if issubclass(wanted, Seconds | Url | Regex):
        return wanted.parse(value)
    raise NotImplementedError(f"no decoder for {wanted}")


def encode_hook(value: object) -> object:
    """msgspec's `enc_hook` for the types above: what YAML would have given."""
    if isinstance(value, Seconds):
        return duration_text(value)
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(f"no encoder for {type(value)}")
