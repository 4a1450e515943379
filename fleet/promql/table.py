"""Which functions there are: those of Prometheus 2.42 on floats and classic histograms, each in a module of
`functions/`, looked up when the first query is compiled.

`promql_parser` knows functions of later versions, too. A name that 2.42 does not have, or that only native histograms
or experiments have, is refused by name.
"""

import importlib
import pkgutil
from functools import cache

from fleet.promql.function import Function

NATIVE_HISTOGRAMS = frozenset(("histogram_count", "histogram_sum", "histogram_fraction"))
"""Functions of Prometheus 2.42 that answer native histograms only, which fleetdeck does not keep."""


@cache
def functions() -> dict[str, Function]:
    """Every function by its name. Imports the modules of `functions/`."""
    import fleet.promql.functions as package

    found: dict[str, Function] = {}
    for module in pkgutil.iter_modules(package.__path__):
        found.update(importlib.import_module(f"{package.__name__}.{module.name}").FUNCTIONS)
    return found


def refusal(name: str) -> str:
    """Why there is no function called `name`, which `promql_parser` knows."""
    if name in NATIVE_HISTOGRAMS:
        return f"{name}() is for native histograms, which are not kept here"
    if name == "double_exponential_smoothing":
        return "double_exponential_smoothing() is newer than Prometheus 2.42, where it is called holt_winters()"
    return f"{name}() is newer than Prometheus 2.42, or experimental"
