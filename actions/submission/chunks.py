"""A document in chunks."""


def chunks_of(text: str, most: int | None) -> list[str]:
    """A document in chunks of at most `most` characters, parted at paragraphs, else at lines, else anywhere."""
    if most is None or len(text) <= most:
        return [text] if text.strip() else []
    chunks: list[str] = []
    while len(text) > most:
        at = max(text.rfind("\n\n", 0, most), 0) or max(text.rfind("\n", 0, most), 0) or most
        chunks.append(text[:at])
        text = text[at:].lstrip("\n")
    return [chunk for chunk in (*chunks, text) if chunk.strip()]
