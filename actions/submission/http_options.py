"""What a configuration says of a JSON API that tasks are submitted to: the request, what its answers mean, where a task
is looked at, and how it is cancelled."""

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from actions.performing.http import FRAMING
from config.values import Seconds, SecretRef
from fleet.actions.placeholders import ANY_NAME, check_data, read_pattern, read_url
from fleet.errors import ConfigError

_HEADER = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
_PATH = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$"
HeaderName = Annotated[str, Meta(pattern=_HEADER)]
JsonPath = Annotated[str, Meta(pattern=_PATH)]
Template = Annotated[str, Meta(max_length=4000)]
Status = Annotated[int, Meta(ge=100, le=599)]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Meaning = Literal["done", "again", "refused", "failed", "unknown"]
TaskWord = Literal["queued", "running", "waiting", "done", "failed", "cancelled", "unknown"]

OWN_NAMES: Final = frozenset({"key", "to"})
"""Names that are no fields: the idempotency key of the item, and the agent that it goes to."""


class FollowOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a task is looked at after it was submitted."""

    url: Template
    """Asked by GET. `{id}`, `{key}` and the names of `captures` stand for what is known of the task."""
    state: JsonPath = "status"
    """Dotted path of its state in the answer."""
    absent: tuple[Annotated[int, Meta(ge=400, le=499)], ...] = ()
    """Statuses (`[404]`) by which the server says for certain that there is no such task, and there never was: a
    submission whose answer was lost was not done then. For servers that forget no task; nothing else is believed."""
    words: dict[str, TaskWord] = {}
    """Meanings of states that are called otherwise than usual (`ripe: done`)."""
    output: JsonPath | None = None
    """Dotted path of its output, whose end is shown."""


class CancelOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request that cancels a task."""

    url: Template
    """`{id}`, `{key}` and the names of `captures` stand for what is known of the task."""
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "DELETE"
    """Its method."""
    body: Any = None
    """Its JSON body, with the same placeholders."""


class HttpOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of `kind: http`."""

    url: Template
    """Where tasks are sent; `{name}` in its path or query stands for a field."""
    method: Method = "POST"
    """Its method."""
    headers: dict[HeaderName, Template] = {}
    """Headers, with placeholders."""
    body: Any = None
    """The JSON body: a mapping or list whose texts have placeholders. A text that is one placeholder alone takes the
    value with its type."""
    token: SecretRef | None = None
    """Where a token is. It goes to this server only."""
    header: HeaderName = "Authorization"
    """Header that carries the token."""
    scheme: Annotated[str, Meta(max_length=40)] = "Bearer"
    """Word before the token; empty for none."""
    key_header: Annotated[str, Meta(pattern=r"^$|" + _HEADER)] = "Idempotency-Key"
    """Header that carries the idempotency key; empty for none."""
    success: tuple[Status, ...] = ()
    """Statuses that say that the task was taken; without them, all from 200 to 299."""
    statuses: dict[Annotated[str, Meta(pattern="^[1-5][0-9][0-9]$")], Meaning] = {}
    """Meanings of other statuses (`"409": done`)."""
    error: JsonPath | None = None
    """Dotted path of an error: where the answer has one, the task was refused, whatever the status is."""
    id: JsonPath | None = None
    """Dotted path of the task's id in the answer."""
    captures: dict[Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]{0,63}$")], JsonPath] = {}
    """More values of the answer, by name, for `follow` and `cancel`."""
    repeatable: bool = False
    """Says that the server does a request with the same idempotency key once: after a 5xx it is then sent again."""
    follow: FollowOptions | None = None
    """Where the task is looked at; without it, a task that was taken is not followed."""
    cancel: CancelOptions | None = None
    """How the task is cancelled."""
    timeout: Seconds = Seconds(10)
    """How long one request may take."""

    def __post_init__(self) -> None:
        _checked("url", lambda: read_url(self.url, ANY_NAME))
        _checked("body", lambda: check_data(self.body, ANY_NAME))
        taken = FRAMING | {self.header.lower()} if self.token is not None else FRAMING
        for name, text in self.headers.items():
            _checked("headers", lambda text=text: read_pattern(text, ANY_NAME))
            if name.lower() in taken:
                raise ValueError(f"headers: {name} is set already")
        if self.method == "GET" and self.body is not None:
            raise ValueError("body: a GET has none")
        if self.repeatable and not self.key_header:
            raise ValueError("repeatable: without key_header the server cannot tell a request that it knows")
        known = {*self.captures, "key"} | ({"id"} if self.id is not None else set())
        for field, part in (("follow", self.follow), ("cancel", self.cancel)):
            if part is not None and "id" not in known and "{id}" in part.url:
                raise ValueError(
                    f"{field}: there is no value for {{id}}; say where it stands in the answer, such as `id: job.id`"
                )
        if self.follow is not None:
            follow = self.follow.url
            _checked("follow", lambda: read_url(follow, known))
        if self.cancel is not None:
            cancel = self.cancel
            _checked("cancel", lambda: read_url(cancel.url, known))
            _checked("cancel", lambda: check_data(cancel.body, known))
        for field, part in (("follow", self.follow), ("cancel", self.cancel)):
            if self.token is not None and part is not None and _origin(part.url) != _origin(self.url):
                raise ValueError(f"{field}: it is another server than that of url, and would get its token")
        follow_key = self.follow is not None and "{key}" in self.follow.url
        if self.follow is not None and self.follow.absent and follow_key and not self.sends_key:
            raise ValueError("follow: absent: the server is not told the key that it is asked for")

    @property
    def sends_key(self) -> bool:
        """Whether the server is told the idempotency key."""
        texts = [self.url, *self.headers.values(), str(self.body)]
        return bool(self.key_header) or any("{key}" in text for text in texts)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def _checked(field: str, read: Any) -> None:
    """Raises ValueError, led by the name of the field, for what `read` raises as ConfigError."""
    try:
        read()
    except ConfigError as error:
        raise ValueError(f"{field}: {error}") from error
