"""The manual page, made from the live commands and bindings: `python -m cli.man_page > docs/fleetdeck.1`.

In man(7), which every man reads, and in ASCII, which every terminal shows. A test fails where page and program differ.
"""

import asyncio
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version

from cli.command_tree import CommandFacts, command_facts
from fleet.ascii import in_ascii

_DATE = "2026-11-21"
"""When what is written here, and not made from the program, was changed last."""
_NAME = "watch a fleet of software agents in a terminal"

FILES = (
    ("./fleetdeck.yaml", "The configuration of the folder that fleetdeck is started in."),
    ("$XDG_CONFIG_HOME/fleetdeck/config.yaml", "Your own configuration, where there is none in the folder."),
    ("$XDG_CONFIG_HOME/fleetdeck/keys.yaml", "Your own keys."),
    ("$XDG_STATE_HOME/fleetdeck/fleetdeck.log", "The log, of three megabytes at most with the two before it."),
    ("$XDG_STATE_HOME/fleetdeck/audit.jsonl", "Who did what; older files stand beside it."),
    ("$XDG_STATE_HOME/fleetdeck/actions/", "What was done, and what was begun, an act a file."),
    ("$XDG_STATE_HOME/fleetdeck/frozen/", "Who froze which fleet, and whether that was lifted."),
    ("$XDG_STATE_HOME/fleetdeck/fleets/", "What is kept of each fleet between sessions."),
    ("$XDG_RUNTIME_DIR/fleetdeck/copied.txt", "What was copied, where no clipboard took it."),
)
ENVIRONMENT = (
    ("FLEETDECK_KEYS", "A preset of keys, or a keys file; --keys goes before it."),
    ("FLEETDECK_SLOW_LINK", "1 or 0: draw for a slow link, or not; --slow-link goes before it."),
    ("FLEETDECK_ASCII", "1 or 0: draw in ASCII only, or not; --ascii goes before it."),
    ("NO_COLOR", "Not empty: no colours. States are told apart by shape and word."),
    ("FORCE_COLOR, CLICOLOR, CLICOLOR_FORCE, COLORTERM", "How many colours there are, as by convention."),
    ("COLORFGBG", "Whether the ground of the terminal is light."),
    ("TERM, LC_ALL, LC_CTYPE, LANG", "What the terminal is, and whether it knows UTF-8."),
    ("SSH_CONNECTION, SSH_TTY, TMUX, STY", "Whether the link is slow, and by which way copies go."),
    ("TZ", "The local time zone, for --tz local."),
    ("HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "Proxies; never for loopback addresses."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR", "Where files stand; ~/.config and ~/.local/state without."),
)
EXIT_CODES = (
    ("0", "All went well."),
    ("1", "A failure at run time; for doctor, something that does not work."),
    ("2", "A wrong usage, configuration or filter."),
    ("129, 131, 143", "Ended by SIGHUP (the terminal went away), SIGQUIT or SIGTERM."),
    ("141", "The reader of the output went away."),
    ("130", "Interrupted."),
)
EXAMPLES = (
    ("Watch a fleet that is embedded, and fails and recovers by a script:", "fleetdeck demo"),
    ("Write a configuration from what runs on this machine, and open it:", "fleetdeck init && fleetdeck"),
    ("Open the agents that are down in production, the oldest trouble first:",
     "fleetdeck --view 'agents state:down env:prod sort=-age'"),
    ("The same as data, for a script:", "fleetdeck get agents --filter 'state:down env:prod' -o json"),
    ("What works here, and how to mend the rest:", "fleetdeck doctor"),
)  # fmt: skip


def man_page(facts: Iterable[CommandFacts], keys: Iterable[tuple[str, str]]) -> str:
    """The page, of the commands (the first is the program itself) and of pairs of keys and what they do."""
    program, *commands = facts
    lines = [
        f'.TH FLEETDECK 1 {_DATE} "fleetdeck {version("fleetdeck")}" "User Commands"',
        ".SH NAME", f"fleetdeck \\- {_text(_NAME)}",
        ".SH SYNOPSIS", *_usage(program),
        *(line for one in commands for line in (".br", *_usage(one))),
        ".SH DESCRIPTION", *_body(program),
        ".SH OPTIONS", *_list(program.options),
        ".SH COMMANDS", *(line for one in commands for line in _command(one, program)),
        ".SH KEYS", "In a list of the dashboard, with the default keys; ? shows those that work where you are.",
        *_list(keys),
        ".SH EXIT STATUS", *_list(EXIT_CODES),
        ".SH ENVIRONMENT", *_list(ENVIRONMENT),
        ".SH FILES", *_list(FILES),
        ".SH EXAMPLES", *(line for example in EXAMPLES for line in _example(*example)),
        ".SH SEE ALSO", ".BR ssh (1),", ".BR tmux (1),", ".BR jq (1)",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _usage(one: CommandFacts) -> list[str]:
    return [f".B {_literal(one.name)}", _breakable(one.usage)]


def _breakable(usage: str) -> str:
    """A line may end behind any of many choices."""
    return _literal(usage).replace("|", "|\\:")


def _command(one: CommandFacts, program: CommandFacts) -> Iterator[str]:
    yield f'.SS "{_literal(one.name)} {_breakable(one.usage)}"'
    yield from _body(one)
    own = [option for option in one.options if option not in program.options]
    yield from _list(own)
    if shared := [option[0] for option in one.options if option not in own]:
        yield from (".PP", _text(f"As above: {'; '.join(shared)}."))


def _body(one: CommandFacts) -> Iterator[str]:
    for number, (text, as_it_is) in enumerate(one.text):
        if as_it_is:
            yield from _verbatim(text)
        else:
            # A heading begins a paragraph by itself.
            yield from ([".PP"] if number else [])
            yield _text(text)


def _example(what: str, command: str) -> list[str]:
    return [*([] if what == EXAMPLES[0][0] else [".PP"]), _text(what), *_verbatim(command)]


def _verbatim(text: str) -> list[str]:
    return [".PP", ".RS 4", ".EX", *map(_literal, text.split("\n")), ".EE", ".RE"]


def _list(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in pairs:
        yield from (".TP", f".B {_literal(term)}", _text(text))


def _text(text: str) -> str:
    """Prose; whatever in it is typed on a command line keeps its hyphens and backticks become bold."""
    return re.sub(r"`([^`]*)`", r"\\fB\1\\fR", _literal(text))


def _literal(text: str) -> str:
    """Text that is shown as it is: no character of it is a request."""
    plain = in_ascii(text.replace("…", "...")).replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    plain = plain.replace("'", "\\(aq").replace("^", "\\(ha").replace("~", "\\(ti")
    return f"\\&{plain}" if plain.startswith(".") else plain


async def live_keys_in_words() -> list[tuple[str, str]]:
    """The keys of the agents view, in letters that every terminal has."""
    from cli.key_table import live
    from tui.keys.names import in_words

    return [("  ".join(map(in_words, key.keys.split("  "))), key.description) for key in await live()]


def main() -> None:
    """Write the page to stdout."""
    from cli.main import main as command

    sys.stdout.write(man_page(command_facts(command, "fleetdeck"), asyncio.run(live_keys_in_words())))


if __name__ == "__main__":
    main()
