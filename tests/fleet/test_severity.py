"""The words for severities, and the page that lists them."""

import re
from pathlib import Path

from fleet.severity import Severity, severity_of, words_of

PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"


def test_the_page_lists_the_words_that_are_known() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("<!-- severities: begin -->")[2]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", table.partition("<!-- severities: end -->")[0], re.MULTILINE)
    listed = {severity: re.findall(r"`([^`]+)`", words) for severity, words in rows}
    assert listed == {one.value: words_of(one) for one in Severity if one is not Severity.UNKNOWN}


def test_the_four_vocabularies_of_the_fleets_are_mapped() -> None:
    assert [severity_of(word).value for word in ("error", "warning", "info")] == ["high", "warning", "info"]
    assert [severity_of(word).value for word in ("CRITICAL", "HIGH", "MEDIUM", "LOW")] == [
        "critical", "high", "warning", "info",
    ]  # fmt: skip
    assert [severity_of(word) for word in ("", None, "purple")] == [Severity.UNKNOWN] * 3
