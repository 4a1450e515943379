"""The tree of a template. `str()` of a node is the template's text again, as Go writes it in messages."""

from msgspec import Struct

from fleet.rules.templates.quoting import quote


class Node(Struct, frozen=True, gc=False):
    """Anything in the tree; `at` is its place in the template, in characters."""

    at: int


class Text(Node, frozen=True):
    """Text between actions."""

    text: str


class Dot(Node, frozen=True):
    """`.`"""

    def __str__(self) -> str:
        return "."


class Nil(Node, frozen=True):
    """`nil`"""

    def __str__(self) -> str:
        return "nil"


class Bool(Node, frozen=True):
    """`true` or `false`."""

    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


class Number(Node, frozen=True):
    """A number or character constant: an int, or a float where it was written as one."""

    text: str
    value: int | float

    def __str__(self) -> str:
        return self.text


class String(Node, frozen=True):
    """A string constant; `quoted` as it was written."""

    quoted: str
    value: str

    def __str__(self) -> str:
        return self.quoted


class Field(Node, frozen=True):
    """`.A.B`, of the dot."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


class Variable(Node, frozen=True):
    """`$x.A.B`; the name has its `$`."""

    name: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ".".join((self.name, *self.names))


class Identifier(Node, frozen=True):
    """The name of a function."""

    name: str

    def __str__(self) -> str:
        return self.name


class Chain(Node, frozen=True):
    """`(pipeline).A.B`."""

    of: "Operand"
    names: tuple[str, ...]

    def __str__(self) -> str:
        inner = f"({self.of})" if isinstance(self.of, Pipe) else str(self.of)
        return inner + "".join(f".{name}" for name in self.names)


class Command(Node, frozen=True):
    """A function, field or value, and its arguments."""

    args: tuple["Operand", ...]

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args)


class Pipe(Node, frozen=True):
    """`$x := a | b | c`. `assigns`: `=` rather than `:=`."""

    variables: tuple[str, ...]
    assigns: bool
    commands: tuple[Command, ...]

    def __str__(self) -> str:
        names = f"{', '.join(self.variables)} {'=' if self.assigns else ':='} " if self.variables else ""
        return names + " | ".join(map(str, self.commands))


Operand = Dot | Nil | Bool | Number | String | Field | Variable | Identifier | Chain | Pipe


class Action(Node, frozen=True):
    """`{{pipeline}}`."""

    pipe: Pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


class Branch(Node, frozen=True):
    """`if`, `with` or `range`."""

    word: str
    pipe: Pipe
    body: tuple["Statement", ...]
    otherwise: tuple["Statement", ...] | None

    def __str__(self) -> str:
        return f"{{{{{self.word} {self.pipe}}}}}"


class Jump(Node, frozen=True):
    """`break` or `continue`."""

    word: str

    def __str__(self) -> str:
        return f"{{{{{self.word}}}}}"


class Call(Node, frozen=True):
    """`{{template "name" pipeline}}`."""

    name: str
    pipe: Pipe | None

    def __str__(self) -> str:
        return f"{{{{template {quote(self.name)}{f' {self.pipe}' if self.pipe else ''}}}}}"


Statement = Text | Action | Branch | Jump | Call
