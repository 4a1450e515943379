"""A right configuration: values, defaults, names and intervals as promised."""

from pathlib import Path

import pytest

from config.find import find_config
from config.values import Listen, Seconds, duration_text
from fleet.model import ProbeKind
from fleet.ports import Limits
from fleet.times import parse_duration
from tests.config.kinds import HttpOptions, StaticOptions, config_of


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    config = config_of(tmp_path, "# nothing yet\n")
    assert config.name == "fleet"
    assert config.entries == ()
    assert config.limits == Limits()
    assert config.keep_gone_s == 600
    assert config.host is not None
    assert config.host.disks == ("/",)
    assert config.self_metrics is None
    assert not config.read_only
    health = config.probes[ProbeKind.HEALTH]
    assert (health.every_s, health.timeout_s, health.stale_after, health.down_after) == (5.0, 5.0, 3.0, 2)
    assert config.root == tmp_path


def test_a_list_whose_entries_are_commented_out_is_empty(tmp_path: Path) -> None:
    assert config_of(tmp_path, "discovery:\n#  - kind: static\n").discovery == ()


def test_settings_of_a_family_stand_over_the_general_ones(tmp_path: Path) -> None:
    text = "every: 10s\nstale_after: 4\nprobes:\n  health: {every: 2s, down_after: 5}\n  metrics: {timeout: 1500ms}\n"
    probes = config_of(tmp_path, text).probes
    assert (probes[ProbeKind.HEALTH].every_s, probes[ProbeKind.HEALTH].down_after) == (2.0, 5)
    assert (probes[ProbeKind.METRICS].every_s, probes[ProbeKind.METRICS].timeout_s) == (10.0, 1.5)
    assert probes[ProbeKind.BACKLOG].stale_after == 4


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("discovery: [{kind: coordinator, url: 'http://h'}]", 5),
        ("every: 7s\ndiscovery: [{kind: coordinator, url: 'http://h'}]", 7),
        ("every: 7s\ndiscovery: [{kind: http_sd, url: 'http://h'}]", 60),
        ("probes: {discovery: {every: 9s}}\ndiscovery: [{kind: http_sd, url: 'http://h'}]", 9),
        ("probes: {discovery: {every: 9s}}\ndiscovery: [{kind: http_sd, url: 'http://h', every: 2m}]", 120),
        ("every: 1\ndiscovery: [{kind: coordinator, url: 'http://h', every: 0.5}]", 0.5),
    ],
)
def test_the_closest_interval_holds(tmp_path: Path, text: str, seconds: float) -> None:
    assert config_of(tmp_path, text).discovery[0].every_s == seconds


def test_entries_get_readable_unique_ids_and_names(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        """
discovery:
  - {kind: static, agents: []}
  - {kind: agent_status, path: agent_status.json}
  - {kind: agent_status, path: agent_status.json}
  - {kind: coordinator, url: "http://127.0.0.1:5005/"}
  - {kind: processes, match: "python .*agent"}
  - {kind: static, name: agent_status.json, agents: []}
queues:
  - {kind: redis_list, url: "redis://h/0", key: jobs}
  - {kind: redis_list, url: "redis://other/0", key: jobs}
""",
    )
    assert [entry.id for entry in config.discovery] == [
        "static",
        "agent_status:agent_status.json",
        "agent_status:agent_status.json#2",
        "coordinator:127.0.0.1:5005",
        "processes:python .*agent",
        "static:agent_status.json",
    ]
    assert [entry.name for entry in config.discovery][1:3] == ["agent_status.json#2", "agent_status.json#3"]
    assert [entry.name for entry in config.queues] == ["jobs", "jobs#2"]
    assert [getattr(entry.options, "name", None) for entry in config.queues] == ["jobs", "jobs#2"]
    assert config.discovery[3].where.endswith("fleetdeck.yaml:6: discovery[3]")


def test_options_are_the_kinds_own_struct(tmp_path: Path) -> None:
    text = "discovery: [{kind: static, agents: [{name: a, labels: {env: staging}, every: 1m}]}]"
    options = config_of(tmp_path, text).discovery[0].options
    assert isinstance(options, StaticOptions)
    assert options.agents[0].labels == {"env": "staging"}
    assert options.agents[0].every == Seconds(60)


def test_scalars_mean_what_an_operator_means(tmp_path: Path) -> None:
    labels = "{a: no, b: on, c: 1:30, d: 2024-01-01, e: '1.10', f: !!str 5, g: 0b1}"
    options = config_of(tmp_path, f"discovery: [{{kind: static, agents: [{{name: x, labels: {labels}}}]}}]")
    static = options.discovery[0].options
    assert isinstance(static, StaticOptions)
    assert list(static.agents[0].labels.values()) == ["no", "on", "1:30", "2024-01-01", "1.10", "5", "0b1"]


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    text = """
probes:
  health: &quick {every: 1s, timeout: 500ms}
  metrics:
    <<: *quick
    every: 2s
  queue:
    <<: [{every: 3s}, *quick]
"""
    probes = config_of(tmp_path, text).probes
    assert (probes[ProbeKind.METRICS].every_s, probes[ProbeKind.METRICS].timeout_s) == (2, 0.5)
    assert (probes[ProbeKind.QUEUE].every_s, probes[ProbeKind.QUEUE].timeout_s) == (3, 0.5)


def test_limits_and_host(tmp_path: Path) -> None:
    config = config_of(tmp_path, "limits: {file_bytes: 200_000_000, redirects: 0}\nhost: false\n")
    assert (config.limits.file_bytes, config.limits.redirects, config.limits.agents) == (200_000_000, 0, 20_000)
    assert config.host is None


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("127.0.0.1:9105", Listen("127.0.0.1", 9105)),
        ("localhost:80", Listen("127.0.0.1", 80)),
        ("'[::1]:9105'", Listen("::1", 9105)),
        ("{listen: '0.0.0.0:9105', public: true}", Listen("0.0.0.0", 9105)),
    ],
)
def test_where_own_metrics_are_offered(tmp_path: Path, text: str, listen: Listen) -> None:
    assert config_of(tmp_path, f"self_metrics: {text}").self_metrics == listen


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert config_of(tmp_path, "\ufeffname: x").name == "x"


def test_a_default_of_a_kind_is_kept(tmp_path: Path) -> None:
    options = config_of(tmp_path, "discovery: [{kind: coordinator, url: 'http://h'}]").discovery[0].options
    assert isinstance(options, HttpOptions)
    assert options.refresh == Seconds(90)


@pytest.mark.parametrize("seconds", [0.001, 0.25, 1.0, 5.0, 90.0, 3600.0, 5400.5, 86_400.0, 0.0001])
def test_durations_are_written_as_they_are_read(seconds: float) -> None:
    assert parse_duration(duration_text(seconds)) == pytest.approx(seconds)


class TestFindConfig:
    def test_the_explicit_one_comes_first_even_where_it_is_missing(self, tmp_path: Path) -> None:
        (tmp_path / "fleetdeck.yaml").touch()
        assert find_config(tmp_path / "other.yaml", tmp_path, {}) == tmp_path / "other.yaml"

    def test_then_the_working_folder_then_the_users(self, tmp_path: Path) -> None:
        cwd, home = tmp_path / "cwd", tmp_path / "home"
        cwd.mkdir()
        users = home / ".config" / "fleetdeck" / "config.yaml"
        users.parent.mkdir(parents=True)
        env = {"HOME": str(home)}
        assert find_config(None, cwd, env) is None
        users.touch()
        assert find_config(None, cwd, env) == users
        (cwd / "fleetdeck.yaml").touch()
        assert find_config(None, cwd, env) == cwd / "fleetdeck.yaml"

    def test_xdg_config_home_counts_where_it_is_absolute(self, tmp_path: Path) -> None:
        path = tmp_path / "xdg" / "fleetdeck" / "config.yaml"
        path.parent.mkdir(parents=True)
        path.touch()
        assert find_config(None, tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}) == path
        assert find_config(None, tmp_path / "xdg", {"XDG_CONFIG_HOME": "../xdg", "HOME": "/nowhere"}) is None
        assert find_config(None, tmp_path, {}) is None
