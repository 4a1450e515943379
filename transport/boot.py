"""Which start of the machine this is: what its monotonic clock says means something until the next one."""

from pathlib import Path


def boot_id() -> str:
    """The same for all programs from one start of the machine to the next (random(4)); "" where it does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        return ""
