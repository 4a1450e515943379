"""Where the doctor looks: the terminal, the environment, the configuration, and the fleet after one sweep."""

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.errors import ConfigError

if TYPE_CHECKING:
    from config.load import Examined
    from config.schema import Config
    from fleet.store import Store

STREAMS = ("stdin", "stdout", "stderr")


class Place:
    """What topics may ask for. Each thing is looked at once, when the first topic asks.

    `given` is the configuration of the command line, `wait_s` how long the sweep may take, `trying` whether the
    clipboard is to be written.
    """

    def __init__(
        self,
        given: Path | None = None,
        *,
        wait_s: float = 10.0,
        trying: bool = False,
        environ: Mapping[str, str] | None = None,
        proc: Path = Path("/proc"),
    ) -> None:
        self.wait_s = wait_s
        self.trying = trying
        self.environ = os.environ if environ is None else environ
        self.proc = proc
        self._given = given

    @property
    def is_remote(self) -> bool:
        """Whether somebody sits at the other end of SSH."""
        return bool(self.environ.get("SSH_CONNECTION") or self.environ.get("SSH_TTY"))

    @property
    def terminals(self) -> tuple[str, ...]:
        """The standard streams that are terminals."""
        return tuple(name for name in STREAMS if getattr(sys, name) is not None and getattr(sys, name).isatty())

    @cached_property
    def config_path(self) -> Path | None:
        """The configuration that would be used; None where there is none."""
        from config.find import find_config

        return find_config(self._given, Path.cwd(), self.environ)

    @cached_property
    def examined(self) -> "Examined | ConfigError | None":
        """The configuration as it was read, or what is wrong with it; None where there is none."""
        from cli.kinds import kind_tables
        from config.load import examine

        if self.config_path is None:
            return None
        try:
            return examine(self.config_path, kind_tables())
        except ConfigError as error:
            return error

    @property
    def config(self) -> "Config | None":
        """The configuration; None where there is none that can be used."""
        found = self.examined
        return None if found is None or isinstance(found, ConfigError) else found.config

    @property
    def swept(self) -> "Store | None":
        """The fleet, where it was looked at already."""
        return self.__dict__.get("fleet")

    @cached_property
    def fleet(self) -> "Store":
        """What one sweep finds; nothing without a configuration. Raises ConfigError where something that is named
        there cannot be made."""
        import asyncio

        from cli.headless import sweep
        from fleet.store import Store

        store, config = Store(), self.config
        if config is not None:
            asyncio.run(sweep(config, store, self.wait_s))
        return store
