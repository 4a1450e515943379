"""What commands printed, as a row has it: all of it, or its beginning and its end, on whole lines, with how much was
left out between them."""

from collections.abc import Iterator

from msgspec.structs import replace

from fleet.actions.action import Action


def lines_of(action: Action) -> list[str]:
    """Its lines; one of them says what was left out where it was."""
    head, tail = parts(action)
    gap = gap_words(action)
    return [*head.splitlines(), *([gap] if gap else []), *tail.splitlines()]


def parts(action: Action) -> tuple[str, str]:
    """What stands before, and what stands behind, that which was left out."""
    return action.output[: action.output_head], action.output[action.output_head :]


def gap_words(action: Action) -> str:
    """`… 5,000 lines (1,200 characters) left out …`; "" where nothing was."""
    if not action.output_cut:
        return ""
    chars = f"{action.output_cut:,} character{'s' if action.output_cut != 1 else ''}"
    lines = action.output_cut_lines
    what = f"{lines:,} line{'s' if lines != 1 else ''} ({chars})" if lines else chars
    return f"… {what} left out …"


def printed_lines(action: Action) -> int:
    """How many lines were printed by now, with those that were left out."""
    unended = action.output != "" and not action.output.endswith("\n")
    return action.output.count("\n") + action.output_cut_lines + unended


def last_lines(action: Action, most: int) -> list[str]:
    """Its last lines, of those that are kept at its end. It takes no longer for a long output."""
    tail = action.output[max(action.output_head, len(action.output) - 1_000 * most) :]
    return tail.removesuffix("\n").rsplit("\n", most)[-most:] if tail else []


def shortened(action: Action, most: int) -> Action:
    """The row with at most `most` characters of its output: its beginning and its end, in equal parts."""
    if len(action.output) <= most:
        return action
    head, tail = parts(action)
    if not action.output_cut:
        head, tail = action.output, action.output
    first, last = beginning(head, most // 2), end(tail, most // 2)
    cut = len(action.output) - len(first) - len(last)
    lines = action.output.count("\n") - first.count("\n") - last.count("\n")
    return replace(
        action,
        output=first + last,
        output_head=len(first),
        output_cut=action.output_cut + cut,
        output_cut_lines=action.output_cut_lines + lines,
    )


def beginning(text: str, most: int) -> str:
    """Its first lines, of at most `most` characters together."""
    return text if len(text) <= most else text[: text.rfind("\n", 0, most) + 1]


def end(text: str, most: int) -> str:
    """Its last lines, of at most `most` characters together; the end of the last line where that is longer."""
    if len(text) <= most:
        return text
    at = text.find("\n", len(text) - most - 1) + 1
    return text[at:] if 0 < at < len(text) else text[-most:]


def new_lines(action: Action, seen: int, most: int) -> Iterator[str]:
    """The lines that were printed after the first `seen`; where there are more than `most`, or some were left out, a
    line says how many are missing, and the last ones follow."""
    new = printed_lines(action) - seen
    if new <= 0:
        return
    shown = last_lines(action, min(new, most))
    if len(shown) < new:
        yield f"… {new - len(shown):,} line{'s' if new - len(shown) != 1 else ''} left out …"
    yield from shown
