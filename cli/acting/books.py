"""What every program that acts on a fleet writes down, and whether it may write at all. A command that only freezes
needs no more."""

import os
import uuid
from pathlib import Path

from msgspec import Struct

from actions.audit import AuditLog
from actions.freezing import Freezing
from actions.frozen_file import FrozenFile
from actions.ledger import Ledger
from actions.recorded_intents import RecordedIntents
from cli.settings import operator, state_path
from config.schema import Config
from fleet.actions.audit import Who, who
from fleet.clock import Clock
from fleet.store import Store
from transport.boot import boot_id


class Keeping(Struct, frozen=True, kw_only=True):
    """Where what was done is written down, who does it, and why nothing may be, "" where it may."""

    folder: Path
    who: Who
    read_only: str = ""

    @classmethod
    def of(cls, config: Config, *, read_only: bool = False) -> "Keeping":
        """In the state folder of whoever is asked; where that cannot be made, every act is refused. `read_only`: the
        command line says so."""
        said = "read-only by the configuration" if config.read_only else "read-only by --read-only" if read_only else ""
        return cls(folder=state_path(), who=who(os.environ, operator(), uuid.uuid4().hex[:12]), read_only=said)


class Books:
    """The audit log of a program, and whether it may write at all. It comes before the judgement, whose silences are
    writes, too."""

    def __init__(self, config: Config, store: Store, keeping: Keeping, clock: Clock) -> None:
        self.audit = AuditLog(keeping.folder, keeping.who, clock, config.actions.audit_bytes)
        self.ledger = Ledger(self.audit)
        self.intents = RecordedIntents(self.audit, config.name, clock)
        self.freezing = Freezing(
            store,
            self.ledger,
            clock,
            read_only=keeping.read_only,
            # What the command line says, whoever sits here may take back.
            unlockable=config.actions.unlockable or not config.read_only,
            fleet=config.name,
            file=FrozenFile(keeping.folder, config.name),
            boot=boot_id(),
        )
