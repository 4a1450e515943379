"""How long the steps of something hold the event loop, in CPU time, so that other work on the machine counts less."""

import time
from collections.abc import Callable

BUDGET_S = 0.012
"""What a step is given, as in `cli.judging.judgement`."""


def steps_of(step: Callable[[Callable[[], bool]], bool]) -> list[float]:
    """CPU seconds of every step; `step` is told when it is enough, and says whether something is left."""
    taken, more = [], True
    while more:
        begun = time.process_time()
        more = step(lambda begun=begun: time.process_time() - begun >= BUDGET_S)  # type: ignore[misc]
        taken.append(time.process_time() - begun)
    return taken
