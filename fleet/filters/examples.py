"""The filter's grammar by example: the help and docs/filters.md are made from this list, and a test runs every one of
them over rows, so that what is written there is what happens."""

from msgspec import Struct


class Example(Struct, frozen=True):
    """What can be typed, and which rows it shows. `brief`: it stands in the help, too."""

    text: str
    meaning: str
    brief: bool = False


class Topic(Struct, frozen=True):
    """Examples of one kind, under a heading; `about` says what holds for all of them."""

    title: str
    about: str
    examples: tuple[Example, ...]


TOPICS = (
    Topic(
        "Patterns",
        "A word is a regular expression (RE2), whatever its case, looked for in what a row is about: its name, kind, "
        "state and the like. Words beside each other must all match, each anywhere.",
        (
            Example("planner", "rows with a match of this regular expression", brief=True),
            Example("^plan", "from the beginning of the row's words, which is its name"),
            Example("(planner|tester)-1", "one or the other; parentheses within a word are the pattern's"),
            Example("!planner", "rows without a match", brief=True),
            Example("not planner", "the same"),
            Example("'refused: 127'", "quotes, of either kind, keep blanks together"),
            Example("'state:down'", "a word that begins with a quote is always a pattern: rows that say so"),
        ),
    ),
    Topic(
        "Columns and fields",
        "`name`, a sign and a value ask one column: by its id, by its title on the screen, or by the name of an output "
        "field of `fleetdeck get`. `:` asks whether a text contains the value, `=` whether it is the value; both take "
        "several values, of which one must fit. What is not known is `null`, and neither more nor less than anything.",
        (
            Example("state:down", "a column or field has the value", brief=True),
            Example("state:down,stale", "one of several", brief=True),
            Example("state!=up", "another than this"),
            Example("name=planner-1", "exactly this, whatever its case"),
            Example("detail:'not found'", "a value with a blank"),
            Example("name~^(plan|test)", "a regular expression in one column", brief=True),
            Example("name!~-1$", "none in it"),
            Example("disagrees=true", "true and false"),
            Example("latency=null", "not known"),
        ),
    ),
    Topic(
        "Numbers, durations, sizes, times",
        "Signs are `>` `>=` `<` `<=` `=` `!=`. Durations are written `250ms`, `5m`, `1h30m`; sizes `200M`, of 1,024 "
        "where bytes are counted, as cells show them (`200MB` is of 1,000, `200MiB` of 1,024 everywhere); counts "
        "`1.5k`; shares `80%`. A moment is compared with a duration by its age, or with a time (RFC 3339; without an "
        "offset it is UTC).",
        (
            Example("queued>5", "more than five", brief=True),
            Example("age>5m", "last seen more than five minutes ago", brief=True),
            Example("memory>=200M", "at least so many bytes"),
            Example("cpu>80%", "more than this share"),
            Example("since<1h", "in its state for less than an hour"),
            Example("seen<2026-11-21T10:00Z", "last seen before this moment"),
        ),
    ),
    Topic(
        "Labels",
        "A name that the view does not have is a label's: `env:prod`. A row without that label is searched for the "
        "text as it stands, so that `http://10.0.0.7` and `code=137` are searched for. A label that is "
        "called like a column is `label.NAME`.",
        (
            Example("env:prod", "a label contains the value", brief=True),
            Example("label.kind=gpu", "a label that is called like a column"),
            Example("-l env=prod", "a label is exactly this", brief=True),
            Example("-l env=prod,team!=core", "several"),
            Example("-l env", "there is such a label"),
            Example("-l !env", "there is none"),
            Example("http://10.0.0.7", "a text with a sign in it"),
        ),
    ),
    Topic(
        "And, or, not, parentheses",
        "Terms beside each other must all match; `and` may stand between them and binds closer than `or`. `not` and "
        "`!` turn round what follows. Parentheses group where they begin or end a word and belong to no pattern in "
        "it, or enclose a single comparison.",
        (
            Example("(env:prod or team:core) age>5m", "a group, and a term beside it", brief=True),
            Example("state:down (env:prod or team:core) age>5m not name:planner", "all of it together"),
            Example("state:down or state:stale age>1h", "down ones, and stale ones that are old"),
            Example("!(env:prod or team:core)", "neither"),
            Example("((planner|tester)-1 or env:staging) state:up", "a pattern's parentheses within others"),
        ),
    ),
    Topic(
        "Fuzzy",
        "The letters must stand in this order in the row's name. Where nothing else is asked and no order is chosen, "
        "the best match comes first.",
        (Example("-f plnr", "letters of its name in this order, such as planner-1", brief=True),),
    ),
    Topic(
        "Saved filters",
        "`:save NAME` keeps the filter that is on, `:save NAME FILTER` any other, `:forget NAME` drops one, `:filters` "
        "lists them; the configuration brings its own (`filters: {mine: 'team:core or env:prod'}`). They may use each "
        "other.",
        (
            Example("@mine", "a saved filter", brief=True),
            Example("@mine and state:down", "in any other filter"),
            Example("not @mine", "all others"),
        ),
    ),
)

LINES = (
    Example("agents /err sort=-age,name faults", "a view, its filter, order, faults only", brief=True),
    Example("agents columns=name,state,age:6", "its columns; the last is six cells wide", brief=True),
    Example("agents (env:prod or team:core) age>5m", "the filter needs no sign before it"),
    Example("agents 'faults' sort=-age", "a word in quotes is no option"),
    Example("agent planner-1", "the page of an agent", brief=True),
)
"""View lines: what `:`, `--view` and `screenshot` take."""
