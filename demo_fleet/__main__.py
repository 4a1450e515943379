"""`python -m demo_fleet -o FILE`: the demo fleet alone, without the command line of fleetdeck around it."""

import argparse
import asyncio
from pathlib import Path

from demo_fleet.serve import serve


def main() -> None:
    """Read the options and serve until a signal, or the end of stdin, says stop."""
    parser = argparse.ArgumentParser(prog="python -m demo_fleet", description=__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True, help="where the configuration is written when ready")
    parser.add_argument("--agents", type=int, default=24)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--speed", type=float, default=1.0, help="script seconds in a second")
    parser.add_argument("--no-redis", action="store_true", help="leave out the Redis queues")
    parser.add_argument("--bad-stays", action="store_true", help="a bad release stays until somebody rolls it back")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the process that holds stdin")
    options = parser.parse_args()
    asyncio.run(
        serve(
            options.agents,
            options.seed,
            options.out,
            redis=False if options.no_redis else None,
            speed=options.speed,
            until_stdin_closes=options.until_stdin_closes,
            bad_stays=options.bad_stays,
        )
    )


if __name__ == "__main__":
    main()
