"""Completion in bash, zsh and fish: words as an operator types them, quotes, colons, commas and all.

click's own script for bash takes the words as readline cuts them, which is at every `:`, `=` and `@` that is not in
quotes; most of a filter could not be completed like that. So this one takes the line, and what it answers is cut where
readline cut. That for zsh puts a blank behind a word that is not whole yet (`prompt=`), that for fish cuts words and
their descriptions at commas.
"""

import os
import re
from typing import Any, ClassVar

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from cli.settings import COMPLETING

_MEANING = re.compile(r"""[\s!"#$&'()*;<>?\[\\\]`{|}]|^~""")
"""What means something to a shell outside of quotes."""
_MEANING_QUOTED = re.compile(r"""["$\\`]""")
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
_ZSH_SCRIPT = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local type value help
    local -a answer whole described unfinished
    (( ! $+commands[%(prog_name)s] )) && return 1
    answer=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
        %(complete_var)s=zsh_complete %(prog_name)s)}")
    for type value help in "${answer[@]}"; do
        case $type in
            file) _path_files -f ;;
            dir) _path_files -/ ;;
            nospace) unfinished+=("$value") ;;
            plain) [[ $help == _ ]] && whole+=("$value") || described+=("$value:$help") ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#whole )) && compadd -U -V unsorted -a whole
    (( $#unfinished )) && compadd -U -S '' -V unsorted -a unfinished
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""
_FISH_SCRIPT = """\
function %(complete_func)s
    set -lx %(complete_var)s fish_complete
    set -lx COMP_WORDS (commandline -cp)
    set -lx COMP_CWORD (commandline -ct)
    for one in (%(prog_name)s)
        set -l answer (string split --max 1 , -- $one)
        switch $answer[1]
            case dir
                __fish_complete_directories $answer[2]
            case file
                __fish_complete_path $answer[2]
            case plain
                echo $answer[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
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
        return f"{'nospace' if item.nospace else item.type},{_written(value)}"


def behind_break(base: str) -> int:
    """Where readline begins the word that it replaces: behind the last of its breaks, but for what is in quotes."""
    line, breaks = os.environ.get("COMP_LINE", ""), os.environ.get("COMP_WORDBREAKS", "")
    if open_quote(line):
        return 0
    ends = [base.rfind(sign) + 1 for sign in breaks if sign in ":=<>|&;("]
    # An @ belongs to the word behind it (readline's special prefixes).
    return max([*ends, base.rfind("@") if "@" in breaks else 0, 0])


def open_quote(line: str) -> str:
    """The quote within which `line` ends, as a shell reads it; "" where it ends outside of quotes."""
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
    return quote


def _written(value: str) -> str:
    """`value` as it must be typed where the line ends: bash puts it there as it is, and names come from outside."""
    quote = open_quote(os.environ.get("COMP_LINE", ""))
    if quote == "'":
        return value.replace("'", "'\\''")
    return (_MEANING_QUOTED if quote else _MEANING).sub(r"\\\g<0>", value)


class ZshWords(ZshComplete):
    """Tells words that are not whole yet."""

    source_template: ClassVar[str] = _ZSH_SCRIPT

    def format_completion(self, item: CompletionItem) -> str:
        return f"nospace\n{item.value}\n_" if item.nospace else super().format_completion(item)


class FishWords(FishComplete):
    """Leaves commas alone. fish itself puts no blank behind a `=` or a `:`."""

    source_template: ClassVar[str] = _FISH_SCRIPT


_OWN: tuple[type[ShellComplete], ...] = (BashLine, ZshWords, FishWords)


def use_own_scripts() -> None:
    """Have click complete with the classes of this module."""
    for one in _OWN:
        add_completion_class(one)


def completion_script(command: Any, shell: str, program: str) -> str:
    """The script of a shell that click knows."""
    found = next((one for one in _OWN if one.name == shell), None)
    if found is None:
        raise ValueError(f"no completion for {shell}")
    return found(command, {}, program, COMPLETING).source()
