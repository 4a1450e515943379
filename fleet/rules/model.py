"""Rules as values, as Prometheus's rule files have them."""

from msgspec import Struct


class Rule(Struct, frozen=True, kw_only=True):
    """An alerting rule (`alert` set) or a recording rule (`record` set). Times in seconds.

    `where` is the place for messages (`alerts.yml:12: group "agents", rule "AgentDown"`), `severity` and the like stand
    in `labels`, whose values are templates like those of `annotations`.
    """

    expr: str
    alert: str = ""
    record: str = ""
    for_s: float = 0.0
    keep_firing_for_s: float = 0.0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    where: str = ""

    @property
    def name(self) -> str:
        """The name of the alert, or of the series that is recorded."""
        return self.alert or self.record


class Group(Struct, frozen=True, kw_only=True):
    """A group: its rules are evaluated one after the other, all at the same time. `interval_s` None: the default.

    `limit` is the most alerts or recorded series that a rule may make, 0 for no limit; a rule that makes more fails.
    """

    name: str
    file: str
    rules: tuple[Rule, ...]
    interval_s: float | None = None
    limit: int = 0

    @property
    def key(self) -> str:
        """Stable and unique: `file;name`."""
        return f"{self.file};{self.name}"
