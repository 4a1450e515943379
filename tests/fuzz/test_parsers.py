"""Whatever comes in, a reader gives a value whose texts are harmless, or an error that has a name.

A modest number of examples; `make fuzz` gives each reader more, `FLEETDECK_EXAMPLES` as many as it says.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.parsers import TARGETS, outcome

EXAMPLES = int(os.environ.get("FLEETDECK_EXAMPLES", "100"))


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_gives_a_value_or_a_named_error(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=EXAMPLES < 1_000,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    @given(target.inputs)
    def check(content: bytes) -> None:
        outcome(target, content, tmp_path)

    check()
