"""Kinds to configure in tests: of every shape that real kinds have, and with none of their machinery."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from msgspec import Meta, Struct

from config.kinds import Kind, KindTables
from config.load import load
from config.schema import Config
from config.values import HttpUrl, RedisUrl, Regex, Seconds, SecretRef
from fleet.errors import ConfigError


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Agent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1)]
    """Its name."""
    health: Annotated[str, Meta(pattern=r"^https?://\S+$")] | None = None
    """Its health endpoint."""
    labels: dict[str, str] = {}
    """Its labels."""
    every: Seconds | None = None
    """Its interval."""


class StaticOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Agents one by one."""

    agents: list[Agent]
    """The agents."""

    def __post_init__(self) -> None:
        if len({agent.name for agent in self.agents}) != len(self.agents):
            raise ValueError("an agent stands in the list twice")


class HttpOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service.

    url: its address.
    token, extra: what it wants to see. colour: a colour.
    """

    url: HttpUrl
    token: SecretRef | None = None
    extra: SecretRef | str | None = None
    colour: Colour = Colour.RED
    side: Literal["left", "right"] = "left"
    refresh: Seconds = Seconds(90)


class FileOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file."""

    path: str
    """The file."""
    done: Annotated[tuple[str, ...], Meta(max_length=2)] = ()
    """Words that mean done."""


class MatchOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    match: Regex
    """A pattern."""


class RedisOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: RedisUrl
    key: str
    name: str = ""


def unbuildable(options: Any, reach: Any) -> NoReturn:
    raise AssertionError("nothing is built when a configuration is read")


def kind(name: str, options: type[Struct], every_s: float | None = None) -> Kind[Any]:
    return Kind(name, options, unbuildable, every_s)


TABLES = KindTables(
    discovery={
        "static": kind("static", StaticOptions),
        "agent_status": kind("agent_status", FileOptions),
        "coordinator": kind("coordinator", HttpOptions),
        "http_sd": kind("http_sd", HttpOptions, 60.0),
        "processes": kind("processes", MatchOptions),
    },
    queues={"redis_list": kind("redis_list", RedisOptions), "task_file": kind("task_file", FileOptions)},
    backlog={"markdown": kind("markdown", FileOptions)},
)


def config_of(folder: Path, text: str) -> Config:
    """The configuration `text`, read from a file in `folder`."""
    path = folder / "fleetdeck.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, TABLES)


def mistakes(folder: Path, text: str) -> list[str]:
    """What is said of `text`, one line a mistake, without the folder."""
    try:
        config_of(folder, text)
    except ConfigError as error:
        return [line.removeprefix(f"{folder}/") for line in str(error).split("\n")]
    return []
