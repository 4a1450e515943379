"""Completion in bash: words as an operator types them, quotes, colons and all.

click's own script takes the words as readline cuts them, which is at every `:`, `=` and `@` that is not in quotes; most
of a filter could not be completed like that. So this one takes the line, and what it answers is cut where readline cut.
"""

import os
import re
from typing import Any, ClassVar

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from cli.settings import COMPLETING

_END = "\ue000"
"""Stands at the end of the line, so that a word that is empty yet is one."""
_SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n' type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            nospace) compopt -o nospace; COMPREPLY+=("$value") ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class BashLine(BashComplete):
    """Completes the last word of `COMP_LINE`."""

    source_template: ClassVar[str] = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        words = split_arg_string(os.environ.get("COMP_LINE", "") + _END)
        while words and re.match(r"\w+=", words[0]):
            words.pop(0)
        return words[1:-1], words[-1].removesuffix(_END) if words else ""

    def format_completion(self, item: CompletionItem) -> str:
        word = self.get_completion_args()[1]
        # click hands over the part behind the `=` of an option.
        base = word.partition("=")[2] if re.match(r"--?[\w-]+=", word) else word
        value = item.value[behind_break(base) :] if item.value.startswith(base) else item.value
        return f"{'nospace' if item.nospace else item.type},{value}"


def behind_break(base: str) -> int:
    """Where readline begins the word that it replaces: behind the last of its breaks, but for what is in quotes."""
    line, breaks = os.environ.get("COMP_LINE", ""), os.environ.get("COMP_WORDBREAKS", "")
    if is_quoted(line):
        return 0
    ends = [base.rfind(sign) + 1 for sign in breaks if sign in ":=<>|&;("]
    # An @ belongs to the word behind it (readline's special prefixes).
    return max([*ends, base.rfind("@") if "@" in breaks else 0, 0])


def is_quoted(line: str) -> bool:
    """Whether `line` ends within quotes, as a shell reads it."""
    quote, escaped = "", False
    for char in line:
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
    return bool(quote)


def use_own_scripts() -> None:
    """Have click complete with the classes of this module."""
    add_completion_class(BashLine)


def completion_script(command: Any, shell: str, program: str) -> str:
    """The script of a shell that click knows."""
    found: type[ShellComplete] | None = BashLine if shell == "bash" else get_completion_class(shell)
    if found is None:
        raise ValueError(f"no completion for {shell}")
    return found(command, {}, program, COMPLETING).source()
