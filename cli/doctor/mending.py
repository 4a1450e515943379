"""What to do about a source or probe that fails, by its kind of fault."""

import re
from shlex import quote
from urllib.parse import urlsplit

from cli.doctor.place import Place
from fleet.errors import Fault
from fleet.model import ProbeKind, Source

_MENDS = {
    Fault.REFUSED: "is it running? nothing listens on {where}",
    Fault.UNREACHABLE: "is there a way from here to {where}? try `ping` and the VPN",
    Fault.TIMEOUT: "{where} is slow, or a firewall drops what is sent; `timeout:` gives it longer",
    Fault.TLS: "have its certificate renewed, or its authority trusted by this system (SSL_CERT_FILE)",
    Fault.DNS: "is the name in {target} right? `getent hosts {host_word}` asks the same resolver",
    Fault.RESET: "{where} ends connections by itself: its log says why; is it really HTTP, or HTTPS?",
    Fault.EMPTY: "{where} takes connections and says nothing: is it really HTTP, or HTTPS?",
    Fault.RATE_LIMITED: "ask less often: `every:` of this entry",
    Fault.PAYLOAD: "what is at {target} is not what is expected there; look at it, and at `kind:`",
    Fault.LIMIT: "raise `limits:`, or make it smaller",
    Fault.MISSING: "is the path right? relative ones are taken from {root}",
    Fault.PERMISSION: "let {user} read it, for instance by a group",
    Fault.PROTOCOL: "does {where} speak what the address says? look at {target}",
    Fault.CONFIG: "`fleetdeck config validate` names what is wrong",
    Fault.INTERNAL: "a defect of fleetdeck; the log says more, please report it",
}
_BY_STATUS = {
    401: "it wants to know who asks: `auth: {{scheme: Bearer, secret: {{env: NAME}}}}`, with a secret that is right",
    403: "it knows who asks and says no: the secret of `auth:` needs more rights there",
    404: "nothing is at that path of {where}: is {target} right?",
    407: "a proxy wants a password; NO_PROXY={host_word} goes round it",
    429: _MENDS[Fault.RATE_LIMITED],
}
_TOKEN = {
    401: "it wants to know who asks: `token_env: NAME`, with a token that is right",
    403: "it knows who asks and says no: its token needs more rights there",
}
_ITS_OWN = "{where} fails by itself; its own log says why"
_OTHER_STATUS = "{where} answers, and not with what is there; try `curl -i {target_word}`"
_TOO_MANY_FILES = "allow more open files: ulimit -Hn, or LimitNOFILE= of systemd"


def mend(place: Place, source: Source) -> str:
    """What to do about `source`, which fails."""
    return _sentence(source).format(**_words(place, source))


def fault_of(error: str) -> Fault | None:
    """The kind that an error's sentence begins with (`OutsideError`)."""
    found = [fault for fault in Fault if error.startswith(fault.value)]
    return max(found, key=lambda fault: len(fault.value), default=None)


def _sentence(source: Source) -> str:
    fault = fault_of(source.error)
    if fault is Fault.STATUS:
        code = re.match(rf"{Fault.STATUS} (\d{{3}})", source.error)
        number = int(code[1]) if code else 0
        if source.id.partition(":")[0] in ("prometheus", "alertmanager") and number in _TOKEN:
            return _TOKEN[number]
        return _BY_STATUS.get(number) or (_ITS_OWN if number >= 500 else _OTHER_STATUS)
    if "too many open files" in source.error:
        return _TOO_MANY_FILES
    if fault is Fault.MISSING and source.kind is ProbeKind.PROCESS:
        return "the process has ended: is the agent running?"
    return "" if fault is None else _MENDS[fault]


def _words(place: Place, source: Source) -> dict[str, str]:
    """What a sentence may name: the target, its host and port, the configuration's folder, the user.

    A `…_word` stands in a command that somebody may paste: it is one word to a shell, whatever others wrote into it.
    """
    import getpass

    try:
        parts = urlsplit(source.target)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "this user"
    return {
        "target": source.target or source.id,
        "target_word": quote(source.target),
        "host_word": quote(host or source.target),
        "where": f"{host}:{port}" if host and port else host or source.target or source.id,
        "root": "the configuration's folder" if place.config is None else str(place.config.root),
        "user": user,
    }
