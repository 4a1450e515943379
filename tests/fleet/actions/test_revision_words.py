"""The words for a revision: both of its names once, and of a SHA no more than is read."""

import pytest

from fleet.actions.action import Proposal
from fleet.actions.revision import Revision, Revisions, short, words_of
from tests.actions.runner_bench import AT

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("id", "name", "words"),
    [
        ("r25", "0.14.2", "0.14.2 (r25)"),
        ("r25", "r25", "r25"),
        ("r25", "", "r25"),
        ("", "", ""),
        ("r2", "r25", "r25 (r2)"),
        (SHA, "", "0123456789"),
        (SHA, SHA, "0123456789"),
        (SHA, SHA[:7], "0123456789"),
        (SHA, "v1.4", "v1.4 (0123456789)"),
        (SHA + SHA[:24], "", "0123456789"),
        ("web-5d4f", "3", "3 (web-5d4f)"),
    ],
)
def test_it_has_both_names_once_and_of_a_sha_the_beginning(id: str, name: str, words: str) -> None:
    assert words_of(id, name) == words
    assert Revision(id=id, name=name).called == words
    assert Proposal(target="x", revision=id, name=name, because="", since=AT).called == words


def test_what_is_no_sha_is_whole() -> None:
    for text in ("models-20260301.tar.gz", SHA[:39], SHA.upper(), f"v{SHA}", ""):
        assert short(text) == text


def test_of_one_that_is_not_listed_there_is_its_id() -> None:
    known = Revisions(target="x", revisions=(Revision(id="r1", name="1.0"),))
    assert (known.called("r1"), known.called("r9"), known.names("r1", "r9")) == ("1.0 (r1)", "r9", {"r1": "1.0"})
