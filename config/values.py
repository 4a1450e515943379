"""Types of configuration values beyond those of YAML: durations and secrets by reference."""

import os
import stat
from pathlib import Path

from msgspec import Struct

from fleet.errors import ConfigError
from fleet.secret import Secret
from fleet.times import parse_duration


class Seconds(float):
    """A duration in seconds, written `5s`, `250ms`, `1h30m`, or as a bare number."""

    @classmethod
    def parse(cls, value: object) -> "Seconds":
        """Read what YAML gave. Raises ValueError with a sentence."""
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError("a duration such as 5s, 250ms or 1h30m is wanted")
        seconds = parse_duration(value) if isinstance(value, str) else float(value)
        if not 0 < seconds < 10**9:
            raise ValueError("a duration must be more than 0s")
        return cls(seconds)


class SecretRef(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a secret is: an environment variable, or a file that only its owner can read. Exactly one of the two."""

    env: str | None = None
    file: str | None = None

    def read(self, root: Path) -> Secret:
        """The secret. Raises ConfigError that names the place, never the value."""
        if (self.env is None) == (self.file is None):
            raise ConfigError("a secret is either {env: NAME} or {file: PATH}")
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                raise ConfigError(f"the environment variable {self.env} is not set")
            return Secret(value)
        path = root / str(self.file)
        try:
            mode = path.stat().st_mode
            if not stat.S_ISREG(mode):
                raise ConfigError(f"the secret file {path} is no regular file")
            if mode & 0o077:
                raise ConfigError(f"the secret file {path} can be read by others; chmod 600 it")
            return Secret(path.read_text(encoding="utf-8").strip())
        except OSError as error:
            raise ConfigError(f"the secret file {path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"the secret file {path} is not UTF-8") from error


def decode_hook(wanted: type, value: object) -> object:
    """msgspec's `dec_hook` for the types above."""
    if wanted is Seconds:
        return Seconds.parse(value)
    raise NotImplementedError(f"no decoder for {wanted}")
