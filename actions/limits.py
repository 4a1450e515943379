"""How patiently the runner acts. Times are seconds by the monotonic clock."""

from msgspec import Struct


class RunLimits(Struct, frozen=True, kw_only=True):
    """Bounds of one act."""

    at_once: int = 4
    """Items that are on their way at one time."""
    per_target: int = 1
    """Of these, to one target."""
    tries: int = 6
    """Times that a step is sent which was surely not done."""
    backoff_s: float = 0.5
    """Before the second try; it doubles."""
    backoff_most_s: float = 30.0
    """The longest wait of our own; a target may ask for a longer one."""
    patience_s: float = 300.0
    """Seconds that a target may ask to wait before a step is tried again."""
    look_s: float = 1.0
    """Between two looks at the target, at first."""
    look_most_s: float = 10.0
    """Between two looks when nothing changes any more."""
    check_s: float = 1.0
    """Between two looks at checks."""
    renew_s: float = 8.0
    """Between two renewals of a lock."""
    lost_lock_s: float = 20.0
    """How long a lock may not be renewed before nothing more is sent."""
    close_s: float = 2.0
    """Where fleetdeck ends: between two times that what is on its way is cut off. The dashboard has 5 s to end."""
    settle_s: float = 5.0
    """After the clock was set, how long nothing that collectors saw counts."""
    output_chars: int = 1_000_000
    """Most of what the commands of one act print that is kept in memory, and no more than one of them says in its
    `output_bytes`: the first and the last half."""
    output_full: int = 16
    """Acts that have all of that; of older ones as much is kept in memory as on disk (`actions.records`)."""
    told: int = 50
    """Targets of one act that get an event of their own."""
    kept: int = 1_000
    """Actions that are shown; the oldest that have ended go."""
