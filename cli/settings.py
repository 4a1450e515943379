"""What every command does first: find the configuration, log to a file, and turn errors into exit codes."""

import contextlib
import functools
import logging
import os
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from cli.kinds import kind_tables
from config.find import HOW_TO_GET_ONE, find_config
from config.load import load
from config.schema import Config
from fleet.errors import ConfigError, FilterError

P = ParamSpec("P")
R = TypeVar("R")


class Failure(click.ClickException):
    """A failure at run time: a sentence on stderr, exit code 1."""

    exit_code = 1

    def show(self, file: object = None) -> None:
        click.echo(f"fleetdeck: {self.message}", err=True)


class Invalid(Failure):
    """A configuration or expression that is wrong: exit code 2."""

    exit_code = 2


def exits_cleanly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the errors that users can do something about into one sentence and the right exit code."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ConfigError, FilterError) as error:
            raise Invalid(str(error)) from error
        except BrokenPipeError:
            # The reader of our output went away (`… | head`): no news for anybody.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(141)

    return guarded


def load_config(explicit: Path | None) -> Config:
    """The configuration to use. Raises ConfigError; where there is none at all, its text says how to get one."""
    path = find_config(explicit, Path.cwd(), os.environ)
    if path is None:
        raise ConfigError(HOW_TO_GET_ONE.strip())
    return load(path, kind_tables())


def state_dir() -> Path:
    """`$XDG_STATE_HOME/fleetdeck`, made with mode 0700."""
    import platformdirs

    path = Path(platformdirs.user_state_dir("fleetdeck"))
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def allow_many_connections() -> None:
    """Raise the soft limit of open files to the hard one: a kept-alive connection a target is one file each."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def log_file() -> Path:
    """Where the log goes."""
    return state_dir() / "fleetdeck.log"


def start_logging() -> None:
    """Log to a bounded file under the state directory; a machine where that cannot be written is no reason to fail."""
    try:
        handler: logging.Handler = RotatingFileHandler(
            log_file(), maxBytes=1_000_000, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("ts=%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
