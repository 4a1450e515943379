"""A certificate of a host that does not exist, one that is good and one that has expired, made by openssl."""

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec import Struct

HOST = "fleet.test"
_CONFIG = f"""\
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = extensions
unique_subject = no
[any]
commonName = supplied
[extensions]
subjectAltName = DNS:{HOST}
basicConstraints = critical,CA:TRUE
"""


class Certificates(Struct, frozen=True):
    """Paths: a key, two certificates for it, and both together as what is trusted."""

    key: Path
    good: Path
    expired: Path
    trusted: Path


def make_certificates(folder: Path) -> Certificates:
    """Make them in `folder`; skips where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine to make certificates with")
    (folder / "ca.cnf").write_text(_CONFIG)
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01\n")
    _openssl(folder, f"req -new -newkey rsa:2048 -nodes -keyout key.pem -out request.csr -subj /CN={HOST}")
    for name, end in (("good", "20490101000000Z"), ("expired", "20200102000000Z")):
        # Different subjects, since trust is looked up by them.
        _openssl(
            folder,
            f"ca -batch -notext -config ca.cnf -selfsign -keyfile key.pem -in request.csr -out {name}.pem "
            f"-startdate 20200101000000Z -enddate {end} -subj /CN={name}.{HOST}",
        )
    trusted = folder / "trusted.pem"
    trusted.write_bytes((folder / "good.pem").read_bytes() + (folder / "expired.pem").read_bytes())
    return Certificates(folder / "key.pem", folder / "good.pem", folder / "expired.pem", trusted)


def _openssl(folder: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=folder, check=True, capture_output=True)
