"""How the tests' own servers end.

asyncio takes in a connection over several rounds of its loop. Where the server is closed between two of them, an
assertion of asyncio fails (in `Server._attach`) and the socket is lost without being closed: Python warns of it in
whatever test comes when the collector runs, and warnings are errors. So nothing more is taken in, what was is let come,
and then the server is closed.
"""

import asyncio

_ROUNDS = 8
"""More rounds than a connection takes from being accepted until it is served, or from being closed until it is gone."""


async def some_rounds() -> None:
    """Let the loop do what it has begun."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


async def end(server: asyncio.Server) -> None:
    """Let `server` take in nothing more and close it; what it has taken in is being served when this returns."""
    loop = asyncio.get_running_loop()
    for sock in server.sockets:
        loop.remove_reader(sock)
    await some_rounds()
    server.close()
