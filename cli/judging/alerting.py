"""What the book of alerts takes from a configuration."""

from config.alert_options import inhibit_rules
from config.schema import Config
from fleet.alerts.deadman import Heartbeat
from fleet.alerts.inhibition import InhibitRule
from fleet.alerts.known import Reader


def alert_reader(config: Config) -> Reader:
    """How alerts are read."""
    return Reader(severities=config.alerting.severities)


def alert_rules(config: Config) -> tuple[InhibitRule, ...]:
    """The rules of inhibition, the default ones first."""
    return inhibit_rules(config.alerting.inhibit_rules)


def heartbeats(config: Config) -> tuple[Heartbeat, ...]:
    """The heartbeats."""
    return tuple(
        Heartbeat(alert=one.alert, source=one.source, every_s=float(one.every), severity=one.severity)
        for one in config.alerting.deadman
    )
