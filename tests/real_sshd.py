"""A real sshd for tests: one of this machine, else the one that `tests/servers.sh` unpacked into `.servers/`.

    with RealSshd(folder) as server:
        server.login("command")        # the arguments of an ssh client that runs it in a terminal

It listens on loopback, has a host key and a user key of its own, keeps everything in `folder`, and is ended by its pid.
Run by root it insists on a user and a folder of the system; it gets them in a mount namespace of its own, so that
nothing of the system is changed.
"""

import getpass
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.real_prometheus import eventually, free_port

_UNPACKED = Path(__file__).parents[1] / ".servers" / "usr"
_SYSTEM = ("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/opt/homebrew/sbin/sshd")

_AS_ROOT = """
mount -t tmpfs none /run && mkdir -m 755 /run/sshd || exit 97
{ grep -v '^root:' /etc/passwd; grep '^root:' /etc/passwd | sed 's/^root:[^:]*:/root:*:/'
  grep -q '^sshd:' /etc/passwd || echo 'sshd:x:65533:65534::/run/sshd:/bin/false'; } > "$1/passwd"
mount --bind "$1/passwd" /etc/passwd || exit 97
shift
exec "$@"
"""


def sshd_binary() -> str | None:
    """The path of an sshd, or None."""
    known = [shutil.which("sshd"), *_SYSTEM, str(_UNPACKED / "sbin" / "sshd")]
    return next((path for path in known if path and Path(path).is_file()), None)


def client_binary(name: str = "ssh") -> str | None:
    """The path of ssh (or ssh-keygen), or None."""
    unpacked = _UNPACKED / "bin" / name
    return shutil.which(name) or (str(unpacked) if unpacked.is_file() else None)


requires_sshd = pytest.mark.skipif(
    sshd_binary() is None or client_binary() is None or client_binary("ssh-keygen") is None,
    reason="no sshd with an ssh client: none here, and `make servers` could not get them",
)


class RealSshd:
    """An sshd that lets only its own key in, as the user of the tests. Skips the test where it cannot run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def login(self, command: str) -> list[str]:
        """What runs `command` over SSH in a terminal."""
        options = {
            "Port": str(self.port),
            "IdentityFile": str(self._folder / "user_key"),
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": str(self._folder / "known_hosts"),
            "StrictHostKeyChecking": "no",
            "LogLevel": "ERROR",
            "ControlPath": "none",
            "SendEnv": "none",
        }
        given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        return [str(client_binary()), "-F", "none", "-tt", *given, f"{getpass.getuser()}@127.0.0.1", command]

    def __enter__(self) -> Self:
        for name in ("host_key", "user_key"):
            keygen = [str(client_binary("ssh-keygen")), "-q", "-t", "ed25519", "-N", "", "-f", str(self._folder / name)]
            subprocess.run(keygen, check=True)
        (self._folder / "sshd_config").write_text(self._config())
        log = self._folder / "sshd.log"
        command = [str(sshd_binary()), "-D", "-f", str(self._folder / "sshd_config"), "-E", str(log)]
        if os.geteuid() == 0:
            if shutil.which("unshare") is None:
                pytest.skip("an sshd of root needs a mount namespace, and there is no unshare here")
            command = ["unshare", "-m", "sh", "-c", _AS_ROOT, "sh", str(self._folder), *command]
        libraries = ":".join(str(path) for path in (_UNPACKED / "lib").glob("*-linux-gnu*"))
        environ = {**os.environ, "LD_LIBRARY_PATH": libraries} if libraries else dict(os.environ)
        self._process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        process = self._process

        def listens() -> bool | None:
            if process.poll() is not None:
                words = process.stderr.read().decode(errors="replace") if process.stderr else ""
                said = log.read_text(errors="replace") if log.exists() else ""
                pytest.skip(f"sshd does not run here: {(words + said).strip()[-300:]}")
            return True if log.exists() and f"port {self.port}" in log.read_text(errors="replace") else None

        eventually(listens)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            if self._process.stderr is not None:
                self._process.stderr.close()

    def _config(self) -> str:
        folder = shlex.quote(str(self._folder))
        return f"""
Port {self.port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PrintMotd no
PrintLastLog no
UseDNS no
LogLevel VERBOSE
"""
