"""One-time codes, with the vectors of RFC 6238, appendix B, and real secret files."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.codes import Codes, from_base32, totp
from config.values import SecretRef
from fleet.actions.action import Confirmation
from fleet.clock import ManualClock

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    assert totp(SECRET, at // 30) == code


def test_secrets_are_read_as_apps_show_them() -> None:
    shown = base64.b32encode(SECRET).decode().lower()
    assert from_base32(" ".join(shown[at : at + 4] for at in range(0, len(shown), 4))) == SECRET
    for wrong in ("", "0189", "GEZDGNBV"):
        with pytest.raises(ValueError, match="it "):
            from_base32(wrong)


class Desk:
    def __init__(self, path: Path, *names: str) -> None:
        self.clock = ManualClock(datetime.fromtimestamp(1111111109, UTC))
        self.path = path
        self.refs = {name: SecretRef(file=f"{name}.totp") for name in names}
        for name in names:
            file = path / f"{name}.totp"
            file.write_text(base64.b32encode(SECRET + name.encode()).decode())
            file.chmod(0o600)
        self.codes = self.anew()

    def anew(self) -> Codes:
        return Codes(self.refs, self.path, self.path / "used", self.clock)

    def code(self, name: str, steps: int = 0) -> str:
        return totp(SECRET + name.encode(), int(self.clock.now().timestamp()) // 30 + steps)

    async def use(self, code: str, second: str = "", by: str = "ann@here") -> str:
        return await self.codes.use(Confirmation(by=by, code=code, second=second))


@pytest.mark.anyio
async def test_a_code_works_once_in_all_programs_also_where_clocks_differ_a_little(tmp_path: Path) -> None:
    it = Desk(tmp_path, "ann")
    for steps in (-1, 0, 1):
        assert await it.use(it.code("ann", steps)) == ""
        assert await it.use(it.code("ann", steps)) == "the one-time code of ann was used already"
        it.codes = it.anew()
        assert await it.use(it.code("ann", steps)) == "the one-time code of ann was used already"
    for steps in (-2, 2):
        assert await it.use(it.code("ann", steps)) == "the one-time code of ann is wrong"
    it.clock.advance(300)
    assert await it.use(it.code("ann")) == ""
    assert len(list((tmp_path / "used").iterdir())) == 1


@pytest.mark.anyio
async def test_where_several_have_codes_it_must_be_anothers(tmp_path: Path) -> None:
    it = Desk(tmp_path, "ann", "bob")
    assert "say whose it is (ann, bob)" in await it.use(it.code("bob"))
    assert "another operator than yourself" in await it.use(it.code("ann"), "ann")
    assert "'eve' has no one-time codes" in await it.use("000000", "eve")
    assert await it.use(it.code("ann"), "bob") == "the one-time code of bob is wrong"
    assert await it.use(it.code("bob"), "bob") == ""


@pytest.mark.anyio
async def test_after_a_few_wrong_codes_nobody_is_listened_to_for_a_while(tmp_path: Path) -> None:
    it = Desk(tmp_path, "ann")
    for _ in range(5):
        assert await it.use("000000") == "the one-time code of ann is wrong"
    assert "too many wrong codes" in await it.use(it.code("ann"))
    it.clock.advance(61)
    assert await it.use(it.code("ann")) == ""


@pytest.mark.anyio
async def test_a_secret_that_cannot_be_read_refuses_and_is_not_shown(tmp_path: Path) -> None:
    it = Desk(tmp_path, "ann")
    (tmp_path / "ann.totp").chmod(0o644)
    assert "can be read by others" in await it.use("000000")
    (tmp_path / "ann.totp").chmod(0o600)
    (tmp_path / "ann.totp").write_text("no base32!")
    assert await it.use("000000") == "the one-time code of ann cannot be checked: it is no base32"
    assert "names no operator" in Codes({}, tmp_path, tmp_path, it.clock).wants(Confirmation(by="ann"))
