"""Which of the listed revisions is rolled to."""

from datetime import datetime

from actions.reverting.followed import Followed
from fleet.actions.revision import Revision, Revisions
from fleet.errors import RefusedError
from fleet.text import scrub


def wanted_revision(known: Revisions, to: str) -> Revision:
    """The revision of that id or name, else the preferred one. Raises RefusedError where there is none, and says which
    there are."""
    word = to or known.preferred
    if not word:
        raise RefusedError(_nothing_preferred(known))
    found = known.named(word)
    if found is None:
        names = ", ".join(one.called for one in known.revisions[:8]) or "none"
        raise RefusedError(f"{known.target} has no revision {scrub(word, 80)!r} (there are: {names})")
    return found


def _nothing_preferred(known: Revisions) -> str:
    others = ", ".join(one.called for one in known.revisions if not one.live and not one.trouble)
    if others:
        return f"{known.target} is at its oldest revision: name the one that is wanted ({others[:400]})"
    return f"{known.target} has no other revision that it could be rolled to"


def one_further(one: Followed, known: Revisions, to: Revision, now: datetime) -> str:
    """That somebody rolled back already, in a sentence; "" where that is not known, or `to` is no further step."""
    ids = [revision.id for revision in known.revisions]
    came, live = one.came, known.live
    if came is None or not came.older or live is None or ids.index(to.id) <= ids.index(live.id):
        return ""
    return f"{came.words(now)}: this rolls one further"
