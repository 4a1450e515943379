"""The settings that only matter to the eye, checked as far as that goes without a view: filters, times, the theme."""

from config.problems import Problems, child
from config.schema import RootOptions
from config.yaml_tree import Mapping
from fleet.errors import FilterError
from fleet.filters.saved import SavedFilters
from fleet.theme_names import theme_name
from fleet.time_zones import time_style


def check_view_settings(options: RootOptions, tree: Mapping, problems: Problems) -> None:
    """Note what is wrong with `filters`, `time` and `theme`, each on its line.

    Whether a view has the names that a filter asks for is seen when the filter is used.
    """
    filters = tree.entries.get("filters")
    lines = filters.lines if isinstance(filters, Mapping) else {}
    for name, error in SavedFilters(options.filters).problems():
        problems.add(lines.get(name), child("filters", name), str(error))
    for name, check in (("time", time_style), ("theme", theme_name)):
        try:
            check(getattr(options, name))
        except FilterError as error:
            node = tree.entries.get(name)
            problems.add(node.line if node is not None else None, name, str(error))
