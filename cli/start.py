"""The first thing that runs.

Importing the commands takes a fifth of a second. Whoever thinks better of it within that time wants no traceback, and
nothing has been opened yet that would have to be closed.
"""

from cli.interrupts import end_quietly


def main() -> None:
    """The command `fleetdeck`."""
    end_quietly()
    from cli.main import main as command

    command(prog_name="fleetdeck")


if __name__ == "__main__":
    main()
