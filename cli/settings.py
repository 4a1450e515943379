"""What every command has in common: find the configuration, log to a file, and turn errors into exit codes."""

import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from cli.plain_output import spell_for
from fleet.errors import ConfigError, FilterError, OutsideError, QueryError, RefusedError
from fleet.text import scrub_lines

if TYPE_CHECKING:
    from config.schema import Config

MESSAGE_CHARS = 4_000
"""Characters of a line of what a command says of its failure."""

COMPLETING = "_FLEETDECK_COMPLETE"
"""What a completion script sets: the shell asks how a line may go on."""
INTERRUPTED = 128 + 2
"""Exit code after Ctrl-C, as shells have it."""
READER_GONE = 128 + 13
"""Exit code where the reader of our output went away (`… | head`), as shells have it."""


class Failure(click.ClickException):
    """A failure at run time: a sentence on stderr, exit code 1."""

    exit_code = 1

    def show(self, file: object = None) -> None:
        click.echo(f"fleetdeck: {scrub_lines(self.message, MESSAGE_CHARS)}", err=True)


class Invalid(Failure):
    """A configuration or expression that is wrong: exit code 2."""

    exit_code = 2


class FrontDoor(click.Group):
    """The group that all commands stand in: errors that users can do something about become one sentence and the
    right exit code, whichever command raised them.

    `later` names commands as `module:attribute`; their modules are imported when one of them is asked for.
    """

    def __init__(self, *args: Any, later: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._later = dict(later or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._later})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = self._later.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def main(self, *args: Any, **options: Any) -> Any:
        if COMPLETING in os.environ:
            from cli.shells import use_own_scripts

            use_own_scripts()
        return super().main(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        sys.excepthook = _report_crash
        try:
            spell_for(os.environ)
            result = super().invoke(ctx)
            # What a full disk or a reader that is gone does to the rest of the output belongs here, too.
            sys.stdout.flush()
        except ConfigError as error:
            raise Invalid(str(error)) from error
        except FilterError as error:
            raise Invalid(error.pointed()) from error
        except QueryError as error:
            raise Invalid(str(error)) from error
        except RefusedError as error:
            raise Invalid(f"refused: {error}") from error
        except OutsideError as error:
            raise Failure(str(error)) from error
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            _drop_output()
            sys.exit(READER_GONE)
        except OSError as error:
            _drop_output()
            reason = error.strerror or str(error)
            raise Failure(f"{error.filename}: {reason}" if error.filename else reason) from error
        return result


def _report_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Python's last word on an error that nobody expected, without what drives a terminal."""
    from fleet.crash import crash_report

    click.echo("\n".join(crash_report(error)), err=True)


def _drop_output() -> None:
    """Let what is still buffered go nowhere; Python would try to write it when it ends, and complain again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def load_config(explicit: Path | None) -> "Config":
    """The configuration to use. Raises ConfigError; where there is none at all, its text says how to get one."""
    from cli.kinds import kind_tables
    from config.find import HOW_TO_GET_ONE, find_config
    from config.load import load

    path = find_config(explicit, Path.cwd(), os.environ)
    if path is None:
        raise ConfigError(HOW_TO_GET_ONE.strip())
    return load(path, kind_tables())


def state_path() -> Path:
    """`$XDG_STATE_HOME/fleetdeck`, whether it is there or not."""
    import platformdirs

    return Path(platformdirs.user_state_dir("fleetdeck"))


def state_dir() -> Path:
    """`state_path`, made with mode 0700. Raises OSError."""
    path = state_path()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def operator() -> str:
    """Who acts, as silences name it: `user@host`."""
    import getpass
    import platform

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A user id without an entry, as in many containers.
        user = str(os.getuid())
    return f"{user}@{platform.node() or 'localhost'}"


def allow_many_connections() -> None:
    """Raise the soft limit of open files to the hard one: a kept-alive connection a target is one file each."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def log_file() -> Path | None:
    """Where the log goes; None on a machine where the state directory cannot be made, which is no reason to fail."""
    try:
        return state_dir() / "fleetdeck.log"
    except OSError:
        return None


def start_logging() -> None:
    """Log to a bounded file under the state directory, where that can be written."""
    from cli.log_file import LogFile
    from cli.log_lines import HarmlessFormatter

    handler: logging.Handler = logging.NullHandler()
    file = log_file()
    if file is not None:
        with contextlib.suppress(OSError):
            handler = LogFile(file)
    handler.setFormatter(HarmlessFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # A library that warns would write on the terminal that the dashboard draws on.
    logging.captureWarnings(True)
