"""Where the state of alerts outlives the process: one file, replaced whole.

Whoever reads it, and wherever a writer dies, it is the old one or the new one: a new file is written beside it, forced
to the disk, and put in its place. MessagePack, because JSON has no NaN and no infinity.
"""

import stat
from pathlib import Path

import msgspec

from fleet.alerts.model import AlertState
from fleet.rules.restore import VERSION, EngineState, KeptAlert, KeptRule
from transport.kept_files import force_names, put_aside, read_whole, replace_whole

MOST_BYTES = 32 << 20
"""Bytes of the file, read or written."""
MOST_ALERTS = 50_000
"""Alerts that are kept: firing ones first, then pending ones, then resolved ones."""
_ORDER = {AlertState.FIRING: 0, AlertState.PENDING: 1, AlertState.RESOLVED: 2}


class AlertStateFile:
    """The state of one engine's alerts in `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[EngineState | None, str]:
        """What was kept (None: nothing), and what is to be said of it, "" where all is well. Raises nothing.

        A file that cannot be used is moved aside, so that nothing of it is lost and the next start is a clean one.
        """
        try:
            data = read_whole(self.path, MOST_BYTES + 1)
            if len(data) > MOST_BYTES:
                raise msgspec.DecodeError(f"more than {MOST_BYTES:,} bytes")  # noqa: TRY301
            state = msgspec.msgpack.decode(data, type=EngineState)
            if state.version != VERSION:
                raise msgspec.DecodeError(f"version {state.version}, this program keeps {VERSION}")  # noqa: TRY301
        except FileNotFoundError:
            return None, ""
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return None, f"the kept state of alerts cannot be used ({str(error)[:200]}){put_aside(self.path)}"
        except OSError as error:
            return None, f"the kept state of alerts cannot be read: {error.strerror or error}"
        return state, ""

    def write(self, state: EngineState) -> str:
        """Keep `state`; a sentence where that failed, else "". It may block: call it in a thread."""
        data = msgspec.msgpack.encode(bounded(state))
        if len(data) > MOST_BYTES:
            return f"the state of alerts takes {len(data):,} bytes, more than {MOST_BYTES:,}; it is not kept"
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_whole(self.path, data)
            # The name, too, has to reach the disk.
            force_names(self.path.parent)
        except OSError as error:
            return f"the state of alerts cannot be kept: {self.path}: {error.strerror or error}"
        return ""

    def is_there(self) -> bool:
        """Whether something stands in the file. It blocks as `write` does."""
        try:
            info = self.path.stat()
        except OSError:
            return False
        return stat.S_ISREG(info.st_mode) and info.st_size > 0


def bounded(state: EngineState) -> EngineState:
    """`state` with no more alerts than are kept."""
    if sum(len(rule.alerts) for rule in state.rules) <= MOST_ALERTS:
        return state
    ranked = sorted(
        ((rule, alert) for rule in state.rules for alert in rule.alerts), key=lambda pair: _ORDER[pair[1].state]
    )
    kept: dict[int, list[KeptAlert]] = {}
    for rule, alert in ranked[:MOST_ALERTS]:
        kept.setdefault(id(rule), []).append(alert)
    rules: list[KeptRule] = [
        msgspec.structs.replace(rule, alerts=tuple(kept[id(rule)])) for rule in state.rules if id(rule) in kept
    ]
    return msgspec.structs.replace(state, rules=tuple(rules))
