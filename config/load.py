"""Reading a configuration: the file, its tree, the check, and the `Config` that the program gets.

All mistakes of a file are found in one reading. ConfigError's text has one line for each.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from config.alert_options import AlertSettings, severity_words
from config.check import Checker, hidden
from config.entries import ALL_SECTIONS, Entries
from config.file_text import read_text, shown_path
from config.kinds import KindTables
from config.problems import Problems, item
from config.schema import Config, HostOptions, ProbeOptions, ProbeSettings, RootOptions
from config.server_options import Servers, name_problems
from config.slo.options import definitions_of
from config.values import Listen
from config.view_settings import check_view_settings
from config.yaml_tree import Mapping, Sequence, read_tree
from fleet.model import ProbeKind
from fleet.ports import Limits
from fleet.text import scrub
from fleet.theme_names import theme_name


class Examined(Struct, frozen=True, kw_only=True):
    """A configuration, and what it was made from, for `config show`. `file` is the name that messages give it."""

    config: Config
    options: RootOptions
    tree: Mapping
    file: str


def load(path: Path, kinds: KindTables) -> Config:
    """The configuration in `path`. Raises ConfigError with every mistake, one a line."""
    return examine(path, kinds).config


def examine(path: Path, kinds: KindTables) -> Examined:
    """As `load`, with what `config show` needs."""
    return _examine(read_text(path), path, kinds)


def _examine(text: str, path: Path, kinds: KindTables) -> Examined:
    file, problems = shown_path(path), Problems()
    tree = read_tree(text, problems)
    if tree is not None:
        problems.hide(hidden(tree))
    elif not len(problems):
        tree = Mapping(1, {}, {})
    if tree is not None and not isinstance(tree, Mapping):
        problems.add(tree.line, "", "the top level must be a mapping, such as `name: staging`")
    if not isinstance(tree, Mapping):
        raise problems.error(file)
    checker = Checker(problems)
    top, sections = _split(tree)
    options = checker.struct(top, RootOptions, "")
    entries = Entries(checker, problems, kinds, file)
    for section in ALL_SECTIONS:
        entries.check(section, sections.entries.get(section))
    if options is not None:
        check_view_settings(options, top, problems)
        _check_servers(options, entries, top, problems)
    entries.check_acts(options, path.absolute().parent)
    if options is None or len(problems):
        raise problems.error(file)
    return Examined(config=_config(path, options, entries), options=options, tree=tree, file=file)


def _split(tree: Mapping) -> tuple[Mapping, Mapping]:
    """The top level without, and with only, the lists of entries."""
    rest = {name: node for name, node in tree.entries.items() if name not in ALL_SECTIONS}
    lists = {name: node for name, node in tree.entries.items() if name in ALL_SECTIONS}
    return Mapping(tree.line, rest, tree.lines), Mapping(tree.line, lists, tree.lines)


def _check_servers(options: RootOptions, entries: Entries, top: Mapping, problems: Problems) -> None:
    """Note names of Alertmanagers that stand for something else already."""
    taken = () if len(problems) else tuple(entry.name for entry in entries.made("alerts", options))
    node = top.entries.get("alertmanager")
    for place, text in name_problems(options.alertmanager, taken):
        line = node.items[place].line if isinstance(node, Sequence) else None
        problems.add(line, f"{item('alertmanager', place)}.name", text)


def _config(path: Path, options: RootOptions, entries: Entries) -> Config:
    listen = options.self_metrics
    return Config(
        path=path,
        root=path.absolute().parent,
        name=scrub(options.name),
        read_only=options.read_only,
        keep_gone_s=float(options.keep_gone),
        normalise_names=options.normalise_names,
        host=HostOptions() if options.host is True else options.host or None,
        self_metrics=(
            None
            if listen is None
            else Listen.parse(listen)
            if isinstance(listen, str)
            else Listen.parse(listen.listen, public=listen.public)
        ),
        limits=msgspec.convert(msgspec.structs.asdict(options.limits), Limits),
        rules=tuple(options.rules),
        default_rules=options.default_rules,
        external_labels=dict(options.external_labels),
        gates={scrub(name): gate for name, gate in options.gates.items()},
        slos=definitions_of(options.slos, shown_path(path)),
        slo_files=options.slo_files,
        notify=options.notify,
        filters=dict(options.filters),
        time=options.time,
        theme=theme_name(options.theme),
        probes={kind: probe_settings(options, kind) for kind in ProbeKind},
        discovery=entries.made("discovery", options),
        queues=entries.made("queues", options),
        backlog=entries.made("backlog", options),
        alerts=entries.made("alerts", options),
        alerting=AlertSettings(
            severities=severity_words(options.severities),
            inhibit_rules=options.inhibit_rules,
            deadman=options.deadman,
        ),
        servers=Servers(prometheus=options.prometheus, alertmanagers=options.alertmanager),
        actions=options.actions,
        templates=entries.acts("templates"),
        rollbacks=entries.acts("rollbacks"),
    )


def probe_settings(options: RootOptions, kind: ProbeKind) -> ProbeSettings:
    """What holds for a family of probes: its own settings, else those of the top level."""
    own: ProbeOptions = getattr(options.probes, kind.value)
    return ProbeSettings(
        every_s=float(own.every if own.every is not None else options.every),
        timeout_s=float(own.timeout if own.timeout is not None else options.timeout),
        stale_after=own.stale_after if own.stale_after is not None else options.stale_after,
        down_after=own.down_after if own.down_after is not None else options.down_after,
    )
