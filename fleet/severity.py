"""The severity vocabularies of the fleets, mapped to one scale. The raw word is always kept beside it.

Sources: Prometheus rules by convention (critical, warning, info, none; page, ticket in sloth), the alert files of
tools-automation (error, warning, info; critical, warning, info; CRITICAL, HIGH, MEDIUM, LOW; critical, high, medium,
low), PagerDuty's SEV-1 … SEV-5.
"""

from enum import StrEnum


class Severity(StrEnum):
    """How bad an alert is."""

    CRITICAL = "critical"
    HIGH = "high"
    WARNING = "warning"
    INFO = "info"
    UNKNOWN = "unknown"


SEVERITY_RANK: dict[Severity, int] = {
    Severity.CRITICAL: 0,
    Severity.HIGH: 1,
    Severity.WARNING: 2,
    Severity.UNKNOWN: 3,
    Severity.INFO: 4,
}
"""Rank for worst first. A word that no table knows stands above `info`: it may be bad."""

_WORDS = {
    Severity.CRITICAL: "critical crit page fatal emergency emerg alert disaster sev-1 sev1 p1 blocker",
    Severity.HIGH: "high error err major sev-2 sev2 p2 severe",
    Severity.WARNING: "warning warn medium moderate minor ticket sev-3 sev3 p3 average",
    Severity.INFO: "info information informational low none notice debug ok sev-4 sev4 sev-5 sev5 p4 p5",
}
_SEVERITIES = {word: severity for severity, words in _WORDS.items() for word in words.split()}


def severity_of(word: str | None) -> Severity:
    """What an outside word for a severity means (any case); `unknown` where no table knows it or there is none."""
    return _SEVERITIES.get((word or "").strip().lower(), Severity.UNKNOWN)


def words_of(severity: Severity) -> list[str]:
    """The words that mean a severity, in lower case."""
    return _WORDS[severity].split() if severity in _WORDS else []
