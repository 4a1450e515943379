"""Fuzzy matching: letters in their order, whatever stands between them; and how good such a match is."""

_START, _NEXT, _GAP = 8.0, 5.0, 0.2
"""What a letter is worth at the start of a word or right after the one before, and what each letter between costs."""
_MOST_STARTS = 8
"""Places of the first letter from which a match is looked for, so that the time is linear in the text."""


def fuzzy_score(letters: str, text: str) -> float | None:
    """How well `letters` match `text`, both casefolded; None where they do not.

    The best of the matches that begin at the first few places of the first letter. The starts of words, neighbours and
    short texts count.
    """
    best: float | None = None
    start = -1
    for _ in range(_MOST_STARTS):
        start = text.find(letters[:1], start + 1)
        score = _score_from(start, letters, text) if start >= 0 else None
        if score is None:
            # What does not match from here does not match from further on.
            break
        best = score if best is None else max(best, score)
    return best


def _score_from(start: int, letters: str, text: str) -> float | None:
    score, before, at = -0.01 * len(text), -2, start - 1
    for char in letters:
        at = text.find(char, at + 1)
        if at < 0:
            return None
        if at == before + 1:
            score += _NEXT
        elif before >= 0:
            score -= _GAP * (at - before - 1)
        if at == 0 or not text[at - 1].isalnum():
            score += _START
        before = at
    return score
