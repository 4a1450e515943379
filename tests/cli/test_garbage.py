"""Garbage is found when nobody waits, and at the latest after a while."""

import gc
import weakref
from collections.abc import Iterator

import anyio
import pytest

from cli.dashboard import garbage


class Ring:
    """Refers to itself, so that only the search frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


def test_a_ring_that_has_stood_long_is_found() -> None:
    garbage.hold()
    ring = weakref.ref(Ring())
    garbage.release()
    gc.collect()
    assert ring() is not None
    assert garbage.search() > 0
    assert ring() is None


@pytest.mark.anyio
@pytest.mark.parametrize(("idle_s", "found"), [(60.0, True), (0.0, False)])
async def test_it_waits_for_a_moment_without_keys(monkeypatch: pytest.MonkeyPatch, idle_s: float, found: bool) -> None:
    monkeypatch.setattr(garbage, "QUIET_S", 0.001)
    monkeypatch.setattr(garbage, "EVERY_S", 0.002)
    monkeypatch.setattr(garbage, "AT_LATEST", 1_000_000)
    ring = weakref.ref(Ring())
    gc.freeze()
    # It ends once the ring is found: how long one collection of a large process takes is no matter here.
    with anyio.move_on_after(20 if found else 0.05):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(garbage.keep, lambda: idle_s)
            while ring() is not None:  # noqa: ASYNC110  # the garbage search tells nobody
                await anyio.sleep(0.001)
            tasks.cancel_scope.cancel()
    assert (ring() is None) is found
