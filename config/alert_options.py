"""What a configuration says of alerts: the operator's own words for severities, rules of inhibition, heartbeats."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from config.values import Seconds
from fleet.errors import QueryError
from fleet.promql.storage import Matcher, Matchers, MatchOp
from fleet.severity import Severity

_Word = Annotated[str, Meta(min_length=1, max_length=128)]


def _matchers(text: object) -> object:
    """Raises ValueError where `text` is no list of matchers."""
    # Few configurations have any, and what reads them is much to import before the first frame.
    from fleet.alerts.matching import parse_matchers

    try:
        parse_matchers(str(text))
    except QueryError as error:
        raise ValueError(str(error)) from error
    return text


def _pattern(text: object) -> object:
    """Raises ValueError where `text` is no regular expression."""
    from fleet.alerts.matching import pattern

    try:
        pattern(str(text))
    except QueryError as error:
        raise ValueError(str(error)) from error
    return text


_Pattern = Annotated[str, Meta(max_length=4096, extra={"check": _pattern})]
_MatcherText = Annotated[str, Meta(min_length=1, max_length=4096, extra={"check": _matchers})]


class InhibitOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule of inhibition, in Alertmanager's format: while an alert fires that the source matchers match, those that
    the target matchers match are inhibited, where both have the same labels in `equal`."""

    name: str = ""
    """A name for people."""
    source_matchers: tuple[_MatcherText, ...] = ()
    """What inhibits, such as `alertname="AgentDown"`; all must match."""
    source_match: dict[str, str] = {}
    """As `source_matchers`, each label equal to a text (Alertmanager's older form)."""
    source_match_re: dict[str, _Pattern] = {}
    """As `source_match`, with regular expressions."""
    target_matchers: tuple[_MatcherText, ...] = ()
    """What is inhibited; all must match."""
    target_match: dict[str, str] = {}
    """As `target_matchers`, each label equal to a text."""
    target_match_re: dict[str, _Pattern] = {}
    """As `target_match`, with regular expressions."""
    equal: tuple[_Word, ...] = ()
    """Labels that both must have the same values of."""

    def __post_init__(self) -> None:
        if not (self.source_matchers or self.source_match or self.source_match_re):
            raise ValueError("a rule of inhibition needs source_matchers")
        if not (self.target_matchers or self.target_match or self.target_match_re):
            raise ValueError("a rule of inhibition needs target_matchers")


class DeadmanOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A heartbeat: an alert that always fires. That it does not is an alert."""

    alert: _Word
    """Name of the alert that must fire, such as `Watchdog`."""
    source: str = ""
    """Source that it must come from; any where it is not set."""
    every: Seconds = Seconds(300)
    """How long it may be missing."""
    severity: Severity = Severity.CRITICAL
    """Severity of the alert that says it is missing."""


class AlertSettings(Struct, frozen=True, kw_only=True):
    """What holds for alerts, checked."""

    severities: dict[str, Severity] = {}
    inhibit_rules: tuple[InhibitOptions, ...] = ()
    deadman: tuple[DeadmanOptions, ...] = ()


def severity_words(words: dict[str, Severity]) -> dict[str, Severity]:
    """The operator's words as they are looked up: in lower case."""
    return {word.strip().lower(): severity for word, severity in words.items()}


def inhibit_rules(rules: tuple[InhibitOptions, ...]) -> tuple[Any, ...]:
    """The rules as `fleet.alerts.inhibition.InhibitRule`s: the default ones, then those of the configuration."""
    from fleet.alerts.inhibition import InhibitRule, default_rules

    own = (
        InhibitRule(
            name=rule.name,
            source=_side(rule.source_matchers, rule.source_match, rule.source_match_re),
            target=_side(rule.target_matchers, rule.target_match, rule.target_match_re),
            equal=rule.equal,
        )
        for rule in rules
    )
    return (*default_rules(), *own)


def _side(texts: tuple[str, ...], equal: dict[str, str], patterns: dict[str, str]) -> Matchers:
    from fleet.alerts.matching import parse_matchers

    return (
        *(matcher for text in texts for matcher in parse_matchers(text)),
        *(Matcher(name, MatchOp.EQUAL, value) for name, value in equal.items()),
        *(Matcher(name, MatchOp.MATCHES, value) for name, value in patterns.items()),
    )
