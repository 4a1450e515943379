"""A secret in the file or behind a reference is never printed: not in messages, not by `config show`."""

import logging
from pathlib import Path

import msgspec
import pytest

from config.load import examine
from config.show import rows, text
from config.values import SecretRef
from fleet.errors import ConfigError
from tests.config.kinds import TABLES, HttpOptions, config_of, mistakes

SECRET = "hunter2-7f"

WRITTEN = [
    f"discovery: [{{kind: coordinator, url: 'http://user:{SECRET}@h'}}]",
    f"discovery: [{{kind: coordinator, url: 'http://{SECRET}@h'}}]",
    f"discovery: [{{kind: coordinator, url: 'http://user:{SECRET}@h:port'}}]",
    f"discovery: [{{kind: coordinator, url: 'http://user:{SECRET}/x@[h'}}]",
    f"queues: [{{kind: redis_list, key: k, url: 'redis://:{SECRET}@h/0'}}]",
    f"discovery: [{{kind: static, agents: [{{name: a, health: 'http://u:{SECRET}@h/health'}}]}}]",
    f"discovery: [{{kind: static, agents: [{{name: a, labels: {{at: 'http://u:{SECRET}@h/x'}}}}]}}]",
    f"discovery: [{{kind: coordinator, url: 'http://h', token: {SECRET}}}]",
    f"discovery: [{{kind: coordinator, url: 'http://h', token: [{SECRET}]}}]",
    f"discovery: [{{kind: coordinator, url: 'http://h', password: {SECRET}}}]",
    f"every: {SECRET}\npassword: {SECRET}",
    f"api_key: &k {SECRET}\nname: [*k]",
]


@pytest.mark.parametrize("content", WRITTEN)
def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path, content: str) -> None:
    lines = mistakes(tmp_path, content)
    assert lines
    assert SECRET not in "\n".join(lines)


def test_credentials_in_a_url_point_to_references(tmp_path: Path) -> None:
    assert mistakes(tmp_path, WRITTEN[0]) == [
        "fleetdeck.yaml:1: discovery[0].url: credentials do not stand in a URL; take them out and name a secret "
        "instead, {env: NAME} or {file: PATH}"
    ]


def test_a_secret_where_a_reference_is_wanted_points_to_references(tmp_path: Path) -> None:
    assert mistakes(tmp_path, WRITTEN[7]) == [
        "fleetdeck.yaml:1: discovery[0].token: a secret is not written here; name it, {env: NAME} or {file: PATH}"
    ]


@pytest.mark.parametrize("reference", ["{}", "{env: A, file: b}"])
def test_a_reference_names_exactly_one_place(tmp_path: Path, reference: str) -> None:
    lines = mistakes(tmp_path, f"discovery: [{{kind: coordinator, url: 'http://h', token: {reference}}}]")
    assert lines == ["fleetdeck.yaml:1: discovery[0].token: a secret is either {env: NAME} or {file: PATH}"]


def test_show_names_the_place_of_a_secret_and_not_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("FLEET_TOKEN", SECRET)
    (tmp_path / "fleetdeck.yaml").write_text(
        "discovery:\n"
        "- {kind: coordinator, url: 'http://h', token: {env: FLEET_TOKEN}, extra: {file: secret.txt}}\n"
        f"- {{kind: static, agents: [{{name: a, labels: {{password: {SECRET}, copy: is {SECRET}}}}}]}}\n"
    )
    examined = examine(tmp_path / "fleetdeck.yaml", TABLES)
    shown = text(examined) + msgspec.json.encode(rows(examined)).decode() + caplog.text
    assert SECRET not in shown
    assert 'token: "***"' in shown
    assert "# env FLEET_TOKEN, " in shown
    assert '"secret":"file secret.txt"' in shown
    assert '"key":"discovery[1].agents[0].labels.copy","value":"is ***"' in shown


def test_a_reference_is_read_from_the_environment_or_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = config_of(
        tmp_path, "discovery: [{kind: coordinator, url: 'http://h', token: {env: T}, extra: {file: secret.txt}}]"
    )
    http = options.discovery[0].options
    assert isinstance(http, HttpOptions)
    assert isinstance(http.token, SecretRef)
    assert isinstance(http.extra, SecretRef)
    monkeypatch.delenv("T", raising=False)
    with pytest.raises(ConfigError, match="variable T is not set"):
        http.token.read(tmp_path)
    monkeypatch.setenv("T", SECRET)
    assert http.token.read(tmp_path).reveal() == SECRET
    assert SECRET not in repr(http.token.read(tmp_path))

    file = tmp_path / "secret.txt"
    with pytest.raises(ConfigError, match="No such file"):
        http.extra.read(tmp_path)
    file.write_text(f"{SECRET}\n")
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        http.extra.read(tmp_path)
    file.chmod(0o600)
    assert http.extra.read(tmp_path).reveal() == SECRET
