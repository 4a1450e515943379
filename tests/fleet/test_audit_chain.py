"""The chain of the audit log: whatever is done to its lines is found, and told apart."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fleet.actions.audit import (
    GENESIS,
    MISSING,
    MOST_TARGETS,
    AuditEntry,
    Decision,
    Flaw,
    encoded,
    sealed,
    verify,
    who,
)


def chain(count: int, **fields: object) -> list[bytes]:
    """`count` lines of a chain that is right."""
    lines, prev = [], GENESIS
    for seq in range(1, count + 1):
        words = {"targets": (f"agent-{seq}",), "decision": Decision.INTENT, "duration_s": seq / 8, **fields}
        entry = sealed(msgspec.convert(words, AuditEntry), seq, prev)
        prev = entry.hash
        lines.append(encoded(entry) + b"\n")
    return lines


LINES = chain(7, reason="as agreed — 再試行", status=202)


def test_a_chain_that_nobody_touched_is_right() -> None:
    found = verify(LINES)
    assert (found.broken, found.lines, found.first_seq, found.last_seq) == (None, 7, 1, 7)
    assert found.head == msgspec.json.decode(LINES[-1])["hash"]
    assert verify([]).broken is None


@given(st.integers(0, 6), st.data())
def test_any_byte_that_is_changed_is_found(line: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(LINES[line]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != LINES[line][at]))
    changed = LINES[line][:at] + bytes([byte]) + LINES[line][at + 1 :]
    # As a reader would cut it: a line end that is put in makes two lines of it, one that is gone joins two.
    whole = b"".join([*LINES[:line], changed, *LINES[line + 1 :]])
    found = verify(_cut(whole))
    assert found.broken is not None
    assert found.broken.line == line + 1


def _cut(whole: bytes) -> list[bytes]:
    parts = whole.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


@given(st.integers(0, 5))
def test_a_line_that_is_taken_out_is_found(line: int) -> None:
    found = verify([*LINES[:line], *LINES[line + 1 :]])
    assert found.broken is not None
    assert (found.broken.line, found.broken.fault) == (line + 1, Flaw.REMOVED)
    assert f"line {line + 1} is not there" in found.broken.sentence


@given(st.integers(0, 6), st.integers(0, 6))
def test_lines_that_change_places_are_found(one: int, other: int) -> None:
    lines = list(LINES)
    lines[one], lines[other] = lines[other], lines[one]
    broken = verify(lines).broken
    if one == other:
        assert broken is None
    else:
        assert broken is not None
        assert (broken.line, broken.fault) == (min(one, other) + 1, Flaw.REORDERED)


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_line_that_is_repeated_is_found(what: int, where: int) -> None:
    broken = verify([*LINES[:where], LINES[what], *LINES[where:]]).broken
    assert broken is not None


@given(st.integers(0, 6), st.integers(1, 200))
def test_a_cut_end_is_found(line: int, left: int) -> None:
    broken = verify([*LINES[:line], LINES[line][:left]]).broken
    assert broken is not None
    assert (broken.line, broken.fault) == (line + 1, Flaw.TRUNCATED)


def test_an_end_that_is_cut_at_a_line_shows_by_what_was_known_of_it() -> None:
    head = verify(LINES).head
    assert verify(LINES[:5]).broken is None
    found = verify(LINES[:5], known=[head])
    assert found.broken is not None
    assert found.broken.fault is Flaw.TRUNCATED
    assert head in found.broken.sentence
    assert verify(LINES, known=[head, GENESIS, verify(LINES[:2]).head]).broken is None


def test_lines_that_were_written_anew_from_one_on_show_in_the_line_behind_them() -> None:
    first = msgspec.json.decode(LINES[0], type=AuditEntry)
    forged = encoded(sealed(replace(first, actor="somebody@else"), 1, GENESIS)) + b"\n"
    broken = verify([forged, *LINES[1:]]).broken
    assert broken is not None
    assert (broken.line, broken.fault) == (2, Flaw.REPLACED)


def test_a_chain_whose_older_files_are_gone_begins_where_it_is_told_to() -> None:
    assert verify(LINES[3:]).broken is not None
    found = verify(LINES[3:], partial=True)
    assert (found.broken, found.first_seq, found.lines) == (None, 4, 4)


def test_what_the_log_noted_as_missing_stays_wrong() -> None:
    noted = AuditEntry(decision=Decision.NOTED, outcome=MISSING, error="the log ended with seq 9")
    last = verify(LINES)
    line = encoded(sealed(noted, 8, last.head)) + b"\n"
    broken = verify([*LINES, line]).broken
    assert broken is not None
    assert (broken.line, broken.fault, broken.sentence) == (8, Flaw.REMOVED, "the log ended with seq 9")


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"[]\n",
        b"\x00\x00\x00\n",
        b'{"seq":1}\n',
        b'{"seq":true,"prev_hash":"","hash":""}\n',
        b'{"seq":1,"prev_hash":"","hash":"","x":' + b"9" * 400 + b"}\n",
        b"[" * 100_000 + b"\n",
        b'{"seq":1,"prev_hash":"","hash":"\\ud800"}\n',
    ],
)
def test_what_is_no_line_is_no_crash(line: bytes) -> None:
    broken = verify([line]).broken
    assert broken is not None
    assert broken.fault in (Flaw.UNREADABLE, Flaw.EDITED)


def test_a_line_of_a_later_version_is_right_though_it_has_more_keys() -> None:
    """The hash is that of the line, not that of the keys that are known here."""
    import hashlib

    fields = {"seq": 1, "prev_hash": GENESIS, "later": [1.5, "x"]}
    fields["hash"] = hashlib.sha256(msgspec.json.encode(fields)).hexdigest()
    assert verify([msgspec.json.encode(fields) + b"\n"]).broken is None


def test_texts_are_made_harmless_and_short() -> None:
    entry = AuditEntry(
        actor="a\x1b[31m@b",
        reason="one\ntwo" + "x" * 5_000,
        targets=tuple(f"t\u202e{number}" for number in range(MOST_TARGETS + 5)),
        duration_s=0.123456,
    )
    made = sealed(entry, 1, GENESIS)
    assert made.actor == "a\\x1b[31m@b"
    assert made.reason.startswith("one two")
    assert len(made.reason) == 2_000
    assert made.targets[0] == "t\\u202e0"
    assert made.targets[-1] == "and 5 more"
    assert made.duration_s == 0.123


@pytest.mark.parametrize(
    ("environ", "sudo", "ssh"),
    [
        ({}, "", ""),
        ({"SUDO_USER": "anna", "SSH_CLIENT": "10.0.0.7 50022 22"}, "anna", "10.0.0.7 50022 22"),
        ({"DOAS_USER": "ben", "SSH_CONNECTION": "::1 5 ::1 22"}, "ben", "::1 5 ::1 22"),
    ],
)
def test_who_acts_is_what_sudo_and_sshd_left(environ: dict[str, str], sudo: str, ssh: str) -> None:
    made = who(environ, "root@edge-1", "s1")
    assert (made.actor, made.host, made.session) == ("root@edge-1", "edge-1", "s1")
    assert (made.sudo_user, made.ssh_client) == (sudo, ssh)


def test_every_field_of_the_log_is_there_in_its_order() -> None:
    want = (
        "ts seq prev_hash hash actor sudo_user ssh_client host session fleet action kind tier targets reason ticket"
        " plan_sha256 idempotency_key dry_run decision outcome status duration_s error"
    )
    assert list(msgspec.json.decode(LINES[0])) == want.split()
