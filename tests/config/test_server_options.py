"""`prometheus` and `alertmanager` in a configuration: what is right, and what each mistake is called."""

from pathlib import Path

import pytest

from cli.judging.servers import connected
from config.changes import compare
from config.load import load
from fleet.clock import SystemClock
from fleet.errors import ConfigError
from fleet.ports import Limits
from tests.config.kinds import TABLES
from transport.http.client import HttpClient


def write(folder: Path, text: str) -> Path:
    file = folder / "fleetdeck.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prometheus: {token_env: X}", "prometheus.url: is missing"),
        ("prometheus: {url: 'ftp://a'}", "prometheus.url: the scheme"),
        ("prometheus: {url: 'http://ann:pw@a'}", "credentials do not stand in a URL"),
        ("prometheus: {url: 'http://a?b=c'}", "no query and no fragment"),
        ("prometheus: {url: 'http://a', token: abc}", "a secret is not written here"),
        ("prometheus: {url: 'http://a', token_env: A, token: {env: B}}", "one of the two is enough"),
        ("prometheus: {url: 'http://a', header: 'a b'}", "the name of a header"),
        ("prometheus: [{url: 'http://a'}]", "prometheus: "),
        ("alertmanager: {url: 'http://a'}", "alertmanager: "),
        ("alertmanager: [{url: 'http://a', pots: true}]", "unknown key; did you mean post?"),
        ("alertmanager: [{url: 'http://a:1'}, {url: 'http://a:1/x'}]", "alertmanager[1].name: another Alertmanager"),
        ("alertmanager: [{url: 'http://a', name: local}]", "a source of fleetdeck's own"),
    ],
)
def test_each_mistake_is_named_where_it_stands(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text), TABLES)
    assert words in str(caught.value)
    assert "pw" not in str(caught.value)


def test_a_token_that_is_not_there_is_named_and_one_that_is_stays_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "prometheus: {url: 'http://a', token_env: PROM}\nalertmanager: [{url: 'http://b', token: {env: AM}}]\n"
    config = load(write(tmp_path, text), TABLES)
    http = HttpClient(Limits())
    monkeypatch.setenv("PROM", "hunter2")
    monkeypatch.delenv("AM", raising=False)
    with pytest.raises(ConfigError, match=r"alertmanager\[0\]: the environment variable AM is not set"):
        connected(config, http, SystemClock())
    monkeypatch.setenv("AM", "hunter3")
    made = connected(config, http, SystemClock())
    assert "hunter" not in repr(made)
    assert made.prometheus is not None


def test_other_servers_apply_at_once(tmp_path: Path) -> None:
    before = load(write(tmp_path, "name: a"), TABLES)
    after = load(write(tmp_path, "name: a\nalertmanager: [{url: 'http://b'}]"), TABLES)
    changes = compare(before, after)
    assert changes.settings == ("prometheus, alertmanager",)
    assert not changes.restart
