"""A secret is read from one private place only, and nothing that writes values down writes it."""

import copy
import json
import logging
import os
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cli.log_lines import HarmlessFormatter
from config.values import SecretRef
from fleet.crash import crash_report
from fleet.errors import ConfigError
from fleet.secret import Secret

CANARY = "hunter2-canary"


def private(folder: Path, content: bytes = CANARY.encode(), mode: int = 0o600) -> SecretRef:
    file = folder / "secret"
    file.write_bytes(content)
    file.chmod(mode)
    return SecretRef(file="secret")


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_private_file_is_read(tmp_path: Path, mode: int) -> None:
    assert private(tmp_path, f" {CANARY}\n".encode(), mode).read(tmp_path).reveal() == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602, 0o620, 0o644, 0o666, 0o601])
def test_a_file_that_others_can_reach_is_refused_with_the_way_out(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match="can be read by others; chmod 600 it"):
        private(tmp_path, mode=mode).read(tmp_path)


def test_the_mode_that_counts_is_that_of_the_file_and_not_of_a_link_to_it(tmp_path: Path) -> None:
    private(tmp_path, mode=0o644)
    (tmp_path / "link").symlink_to("secret")
    with pytest.raises(ConfigError, match="chmod 600"):
        SecretRef(file="link").read(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (CANARY.encode() + b"\r\nX-Injected: yes", "line break"),
        (CANARY.encode() + b"\x00", "control character"),
        (CANARY.encode() + b"\xff", "is not UTF-8"),
        (CANARY.encode() * 10_000, "larger than"),
    ],
)
def test_what_no_header_could_carry_is_refused_and_not_repeated(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        private(tmp_path, content).read(tmp_path)
    told = "".join(traceback.format_exception(caught.value))
    assert CANARY not in told
    assert CANARY not in repr(caught.value.__cause__)


@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(), lambda path: os.mkfifo(path, 0o600)], ids=["folder", "pipe"]
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "secret")
    with pytest.raises(ConfigError, match=r"no regular file|cannot be read"):
        SecretRef(file="secret").read(tmp_path)


def test_an_environment_variable_is_checked_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", f"{CANARY}\nX: y")
    with pytest.raises(ConfigError, match="the environment variable T holds a line break") as caught:
        SecretRef(env="T").read(tmp_path)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "written",
    [
        repr,
        str,
        "{}".format,
        "{:>20}".format,
        "{!r}".format,
        lambda secret: f"{secret}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
        lambda secret: json.dumps({"a": secret}, default=str),
        lambda secret: msgspec.json.encode({"a": secret}, enc_hook=repr).decode(),
        lambda secret: repr({"a": [secret]}),
        lambda secret: repr(ValueError(secret)),
        lambda secret: "".join(traceback.format_exception(ConfigError(secret))),
    ],
)
def test_a_secret_reads_as_stars(written: Callable[[Secret], str]) -> None:
    text = written(Secret(CANARY))
    assert CANARY not in text
    assert "***" in text


@pytest.mark.parametrize(
    "write",
    [pickle.dumps, copy.copy, copy.deepcopy, msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins, vars],
)
def test_what_writes_values_down_refuses_a_secret(write: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError):
        write(Secret(CANARY))


def test_a_log_line_and_a_report_have_no_values_of_variables() -> None:
    def fail(header: str) -> None:
        raise RuntimeError(f"no answer {len(header)} \x1b]52;c;x\x07\nts=2026 level=INFO forged")

    secret = Secret(CANARY)
    try:
        fail(f"Bearer {secret.reveal()}")
    except RuntimeError as error:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "secret=%s", (secret,), (type(error), error, None))
        logged, report = HarmlessFormatter().format(record), crash_report(error)
    told = "\n".join([logged, *report])
    assert CANARY not in told
    assert "\\x1b]52" in told
    assert not [line for line in logged.split("\n")[1:] if not line.startswith("    ")]
    assert all(line.isprintable() for line in told.split("\n"))
