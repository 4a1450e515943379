"""The kinds that a configuration may name, put together where everything may be imported."""

from config.kinds import KindTables, installed_kinds


def kind_tables() -> KindTables:
    """Every kind that is installed. Imports the modules of all kinds, so call it when a configuration is read.

    Raises ConfigError for a module of a kind that exports none.
    """
    return installed_kinds()
