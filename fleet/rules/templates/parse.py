"""Parses a template into its tree, with the checks and messages of Go's text/template/parse (Go 1.19).

What Prometheus puts before every template (`{{$labels := .Labels}}` and so on) is not parsed each time: its variables
are declared, and `PREAMBLE` only says how far it moves the places that messages name.
"""

from collections.abc import Collection, Iterator

from msgspec import Struct

from fleet.rules.templates.errors import TemplateError
from fleet.rules.templates.lex import Kind, Token, tokens
from fleet.rules.templates.limits import DEPTH, TEMPLATE_CHARS
from fleet.rules.templates.nodes import (
    Action,
    Bool,
    Branch,
    Call,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Jump,
    Nil,
    Number,
    Operand,
    Pipe,
    Statement,
    String,
    Text,
    Variable,
)
from fleet.rules.templates.numbers import number_value
from fleet.rules.templates.quoting import quote, unquote

PREAMBLE = (
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
)
VARIABLES = ("$", "$labels", "$externalLabels", "$externalURL", "$value")
"""What is declared at the top; a template that another one defines or calls has `$` only."""

_OPERANDS = frozenset(
    {Kind.BOOL, Kind.CHAR, Kind.DOT, Kind.FIELD, Kind.IDENTIFIER, Kind.NUMBER, Kind.RAW, Kind.STRING, Kind.VARIABLE}
    | {Kind.OPEN}
)
_PASSIVE = (Bool, Dot, Nil, Number, String)
_BRANCHES = ("if", "range", "with")


class Tree(Struct, frozen=True):
    """A template that was parsed: its statements, and those that it defines by name."""

    name: str
    text: str
    body: tuple[Statement, ...]
    defined: dict[str, tuple[Statement, ...]]

    def place(self, at: int) -> str:
        """`name:line:byte`, counted with what Prometheus puts before the text."""
        before = PREAMBLE + self.text[:at]
        last = before.rfind("\n")
        return f"{self.name}:{before.count(chr(10)) + 1}:{len(before[last + 1 :].encode('utf-8', 'replace'))}"


class _ParseError(Exception):
    """What is wrong, without the place."""


def parse_template(text: str, name: str, functions: Collection[str]) -> Tree:
    """The tree of `text`. Raises TemplateError: `template: NAME:LINE: what is wrong`."""
    if len(text) > TEMPLATE_CHARS:
        raise TemplateError(f"template: {name}: longer than {TEMPLATE_CHARS:,} characters")
    parser = _Parser(text, functions)
    try:
        body = parser.top()
    except _ParseError as error:
        line = text.count("\n", 0, parser.at) + 1
        raise TemplateError(f"template: {name}:{line}: {error}") from None
    if name in parser.defined and not (_is_empty(body) or _is_empty(parser.defined[name])):
        raise TemplateError(f"template: {name}:1: template: multiple definition of template {quote(name)}")
    defined = {name: body, **{other: tree for other, tree in parser.defined.items() if other != name}}
    return Tree(name=name, text=text, body=body, defined=defined)


def _unexpected(token: Token, context: str) -> _ParseError:
    return _ParseError(token.text if token.kind is Kind.ERROR else f"unexpected {token} in {context}")


def _is_empty(body: tuple[Statement, ...]) -> bool:
    return all(isinstance(one, Text) and not one.text.strip() for one in body)


class _Parser:
    """Recursive descent over the tokens; `at` is where it is."""

    def __init__(self, text: str, functions: Collection[str]) -> None:
        self.at = 0
        self.defined: dict[str, tuple[Statement, ...]] = {}
        self._functions = functions
        self._tokens: Iterator[Token] = tokens(text)
        self._ahead: list[Token] = []
        self._variables = list(VARIABLES)
        self._ranges = 0
        self._depth = 0

    # Tokens.

    def _next(self) -> Token:
        token = self._ahead.pop() if self._ahead else next(self._tokens)
        self.at = token.at
        return token

    def _back(self, token: Token) -> None:
        self._ahead.append(token)

    def _peek(self) -> Token:
        token = self._next()
        self._back(token)
        return token

    def _next_word(self) -> Token:
        """The next token that is no blank."""
        token = self._next()
        return self._next() if token.kind is Kind.SPACE else token

    def _peek_word(self) -> Token:
        token = self._next_word()
        self._back(token)
        return token

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise _ParseError(f"nested deeper than {DEPTH} levels")

    # Lists of statements.

    def top(self) -> tuple[Statement, ...]:
        """The whole template."""
        found: list[Statement] = []
        while True:
            token = self._next()
            if token.kind is Kind.EOF:
                return tuple(found)
            if token.kind is Kind.LEFT:
                word = self._peek_word()
                if word.kind is Kind.KEYWORD and word.text == "define":
                    self._next_word()
                    self._definition()
                    continue
                if word.kind is Kind.KEYWORD and word.text in ("end", "else"):
                    raise _ParseError(f"unexpected {{{{{word.text}}}}}")
            found.append(self._statement(token))

    def _list(self) -> tuple[tuple[Statement, ...], str]:
        """Statements up to `end` or `else`, and which of the two it was; its word is taken, the rest is not."""
        found: list[Statement] = []
        while True:
            token = self._next()
            if token.kind is Kind.EOF:
                raise _ParseError("unexpected EOF")
            if token.kind is Kind.LEFT:
                word = self._peek_word()
                if word.kind is Kind.KEYWORD and word.text in ("end", "else"):
                    self._next_word()
                    return tuple(found), word.text
            found.append(self._statement(token))

    def _statement(self, token: Token) -> Statement:
        if token.kind is Kind.TEXT:
            return Text(token.at, token.text)
        if token.kind is not Kind.LEFT:
            raise _unexpected(token, "input")
        word = self._next_word()
        if word.kind is Kind.KEYWORD:
            if word.text in _BRANCHES:
                return self._branch(word)
            if word.text in ("break", "continue"):
                return self._jump(word)
            if word.text == "template":
                return self._call()
            if word.text == "block":
                return self._block()
        self._back(word)
        return Action(word.at, self._pipeline("command", Kind.RIGHT))

    def _jump(self, word: Token) -> Jump:
        token = self._next_word()
        if token.kind is not Kind.RIGHT:
            raise _unexpected(token, f"{{{{{word.text}}}}}")
        if not self._ranges:
            raise _ParseError(f"{{{{{word.text}}}}} outside {{{{range}}}}")
        return Jump(word.at, word.text)

    def _end(self, context: str) -> None:
        token = self._next_word()
        if token.kind is not Kind.RIGHT:
            raise _unexpected(token, context)

    def _branch(self, word: Token) -> Branch:
        self._deeper()
        known = len(self._variables)
        pipe = self._pipeline(word.text, Kind.RIGHT)
        self._ranges += word.text == "range"
        body, ended = self._list()
        self._ranges -= word.text == "range"
        otherwise: tuple[Statement, ...] | None = None
        if ended == "else":
            following = self._peek_word()
            if word.text == "if" and following.kind is Kind.KEYWORD and following.text == "if":
                otherwise = (self._branch(self._next_word()),)
            else:
                self._end("else")
                otherwise, ended = self._list()
                if ended != "end":
                    raise _ParseError("expected end; found {{else}}")
                self._end("end")
        else:
            self._end("end")
        del self._variables[known:]
        self._depth -= 1
        return Branch(word.at, word.text, pipe, body, otherwise)

    # Templates that are defined and called.

    def _name(self, context: str) -> str:
        token = self._next_word()
        if token.kind not in (Kind.STRING, Kind.RAW):
            raise _unexpected(token, context)
        return self._unquoted(token)

    def _definition(self) -> None:
        name = self._name("define clause")
        self._end("define clause")
        self._define(name)

    def _define(self, name: str) -> None:
        self._deeper()
        variables, ranges = self._variables, self._ranges
        self._variables, self._ranges = ["$"], 0
        body, ended = self._list()
        if ended != "end":
            raise _ParseError("unexpected {{else}} in define clause")
        self._end("end")
        self._variables, self._ranges = variables, ranges
        self._depth -= 1
        known = self.defined.get(name)
        if known is None or _is_empty(known):
            self.defined[name] = body
        elif not _is_empty(body):
            raise _ParseError(f"template: multiple definition of template {quote(name)}")

    def _block(self) -> Call:
        at = self._peek_word().at
        name = self._name("block clause")
        pipe = self._pipeline("block clause", Kind.RIGHT)
        self._define(name)
        return Call(at, name, pipe)

    def _call(self) -> Call:
        at = self._peek_word().at
        name = self._name("template clause")
        token = self._next_word()
        if token.kind is Kind.RIGHT:
            return Call(at, name, None)
        self._back(token)
        return Call(at, name, self._pipeline("template clause", Kind.RIGHT))

    # Pipelines.

    def _pipeline(self, context: str, end: Kind) -> Pipe:
        self._deeper()
        at = self._peek_word().at
        names, assigns = self._declarations(context)
        commands: list[Command] = []
        while True:
            token = self._next_word()
            if token.kind is end:
                break
            if token.kind not in _OPERANDS and not (token.kind is Kind.KEYWORD and token.text == "nil"):
                raise _unexpected(token, context)
            self._back(token)
            commands.append(self._command())
        if not commands:
            raise _ParseError(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.args[0], _PASSIVE):
                raise _ParseError(f"non executable command in pipeline stage {stage}")
        self._depth -= 1
        return Pipe(at, tuple(names), assigns, tuple(commands))

    def _declarations(self, context: str) -> tuple[list[str], bool]:
        names: list[str] = []
        while self._peek_word().kind is Kind.VARIABLE:
            variable = self._next_word()
            after = self._next()
            token = self._next() if after.kind is Kind.SPACE else after
            if token.kind in (Kind.ASSIGN, Kind.DECLARE):
                names.append(variable.text)
                self._variables.append(variable.text)
                return names, token.kind is Kind.ASSIGN
            if token.kind is not Kind.COMMA:
                self._back(token)
                if token is not after:
                    self._back(after)
                self._back(variable)
                break
            names.append(variable.text)
            self._variables.append(variable.text)
            if context != "range" or len(names) > 1:
                raise _ParseError(f"too many declarations in {context}")
            if self._peek_word().kind not in (Kind.VARIABLE, Kind.RIGHT, Kind.CLOSE):
                raise _ParseError("range can only initialize variables")
        return names, False

    def _command(self) -> Command:
        at = self._peek_word().at
        args: list[Operand] = []
        while True:
            self._peek_word()
            operand = self._operand()
            if operand is not None:
                args.append(operand)
            token = self._next()
            if token.kind is Kind.SPACE:
                continue
            if token.kind in (Kind.RIGHT, Kind.CLOSE):
                self._back(token)
            elif token.kind is not Kind.PIPE:
                raise _unexpected(token, "operand")
            break
        if not args:
            raise _ParseError("empty command")
        return Command(at, tuple(args))

    def _operand(self) -> Operand | None:
        """A term with the fields behind it."""
        term = self._term()
        first = self._peek()
        if term is None or first.kind is not Kind.FIELD:
            return term
        names: list[str] = []
        while self._peek().kind is Kind.FIELD:
            names.append(self._next().text[1:])
        if isinstance(term, Field):
            return Field(first.at, (*term.names, *names))
        if isinstance(term, Variable):
            return Variable(first.at, term.name, (*term.names, *names))
        if isinstance(term, _PASSIVE):
            raise _ParseError(f"unexpected . after term {quote(str(term))}")
        return Chain(first.at, term, tuple(names))

    def _term(self) -> Operand | None:
        token = self._next_word()
        at, text = token.at, token.text
        match token.kind:
            case Kind.IDENTIFIER:
                if text not in self._functions:
                    raise _ParseError(f"function {quote(text)} not defined")
                return Identifier(at, text)
            case Kind.DOT:
                return Dot(at)
            case Kind.VARIABLE:
                if text not in self._variables:
                    raise _ParseError(f"undefined variable {quote(text)}")
                return Variable(at, text)
            case Kind.FIELD:
                return Field(at, (text[1:],))
            case Kind.BOOL:
                return Bool(at, text == "true")
            case Kind.CHAR | Kind.NUMBER:
                return self._number(token)
            case Kind.STRING | Kind.RAW:
                return String(at, text, self._unquoted(token))
            case Kind.OPEN:
                return self._pipeline("parenthesized pipeline", Kind.CLOSE)
            case Kind.KEYWORD if text == "nil":
                return Nil(at)
        self._back(token)
        return None

    def _number(self, token: Token) -> Number:
        try:
            return Number(token.at, token.text, number_value(token.text))
        except ValueError as error:
            raise _ParseError(str(error)) from None

    def _unquoted(self, token: Token) -> str:
        try:
            return unquote(token.text)
        except ValueError as error:
            raise _ParseError(str(error)) from None
