"""What every test may ask for: the captured data where it is there, and asyncio for `@pytest.mark.anyio`; and what
holds for all."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no reason to fail: how long an example takes is measured in benchmarks, not asserted here.
settings.register_profile("fleetdeck", deadline=None)
settings.load_profile("fleetdeck")

# Tests that run in the background of a shell, or under nohup, have these ignored, and so would every program that they
# start. What is handled, if by doing nothing, is not inherited.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, lambda *_: None)

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def shared() -> Path:
    """The captured data of the real systems, which is no part of this repository."""
    if not SHARED.is_dir():
        pytest.skip("the captured data (../shared) is not on this machine")
    return SHARED
