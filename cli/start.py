"""The first thing that runs.

Importing the commands takes a fifth of a second. Whoever thinks better of it within that time wants no traceback, and
nothing has been opened yet that would have to be closed. So an interrupt kills the process at once, as it does with a
program that is not written in Python, until `cli.interrupts.hear_interrupts`.
"""

# Built in. To find and read `signal`, which wraps it, takes a millisecond in which an interrupt is a traceback.
import _signal  # type: ignore[import-not-found]  # nobody has written stubs for it


def main() -> None:
    """The command `fleetdeck`."""
    end_quietly()
    from cli.main import main as command

    command(prog_name="fleetdeck")


def end_quietly() -> None:
    """From now on an interrupt ends the process, unless whoever started it has interrupts ignored."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)


if __name__ == "__main__":
    main()
