"""Executes a template, with the rules and messages of Go's text/template (Go 1.19), within limits."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from fleet.rules.templates.errors import CallError, TemplateError
from fleet.rules.templates.gotime import METHODS
from fleet.rules.templates.limits import DEPTH, OUTPUT_CHARS, STEPS
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
    Node,
    Number,
    Operand,
    Pipe,
    Statement,
    String,
    Text,
    Variable,
)
from fleet.rules.templates.parse import Tree
from fleet.rules.templates.printing import Buffer, print_value
from fleet.rules.templates.quoting import quote
from fleet.rules.templates.signature import ANY, SAMPLE, SAMPLES, STRING, Function
from fleet.rules.templates.values import NO_VALUE, Args, Root, Sample, Samples, Time, indirect, is_true, type_name
from fleet.rules.templates.verbs import Flags

_SHOWN = 500
"""Characters of a template that a message repeats."""


class _Missing(Enum):
    MISSING = 0


_MISSING = _Missing.MISSING
"""No value comes from the pipeline (a `None` may well)."""


class _JumpError(Exception):
    """`break` or `continue`."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def execute(tree: Tree, data: Root, functions: Mapping[str, Function]) -> str:
    """What the template gives. Raises TemplateError: a function failed, a type is wrong, a limit is reached."""
    out = Buffer()
    state = _State(tree, functions, out)
    state.variables = [
        ("$", data),
        ("$labels", data.Labels),
        ("$externalLabels", data.ExternalLabels),
        ("$externalURL", data.ExternalURL),
        ("$value", data.Value),
    ]
    state.walk_all(data, tree.body)
    return out.text()


class _State:
    """An execution: variables, output, and how much may still be done."""

    def __init__(self, tree: Tree, functions: Mapping[str, Function], out: Buffer) -> None:
        self.variables: list[tuple[str, Any]] = []
        self._tree = tree
        self._functions = functions
        self._out = out
        self._node: Node | None = None
        self._name = tree.name
        self._depth = 0
        self._steps = 0

    def _fail(self, text: str) -> TemplateError:
        """An error at the node where the execution is."""
        if self._node is None:
            return TemplateError(f"template: {self._name}: {text}")
        place = self._tree.place(self._node.at)
        shown = str(self._node)
        if len(shown) > _SHOWN:
            shown = f"{shown[:_SHOWN]}…"
        return TemplateError(f"template: {place}: executing {quote(self._name)} at <{shown}>: {text}")

    def _at(self, node: Node) -> None:
        self._node = node
        self._steps += 1
        if self._steps > STEPS:
            raise self._fail(f"more than {STEPS:,} steps")

    # Statements.

    def walk_all(self, dot: Any, body: tuple[Statement, ...]) -> None:
        """Statement by statement."""
        for one in body:
            self._walk(dot, one)

    def _walk(self, dot: Any, node: Statement) -> None:
        self._at(node)
        match node:
            case Text():
                self._out.write(node.text)
            case Action():
                value = self._pipeline(dot, node.pipe)
                if not node.pipe.variables:
                    self._print(node, value)
            case Branch(word="range"):
                self._range(dot, node)
            case Branch():
                self._branch(dot, node)
            case Jump():
                raise _JumpError(node.word)
            case Call():
                self._call_template(dot, node)

    def _print(self, node: Node, value: Any) -> None:
        self._at(node)
        if value is NO_VALUE:
            self._out.write("<no value>")
        else:
            print_value(self._out, indirect(value), "v", Flags())

    def _branch(self, dot: Any, node: Branch) -> None:
        known = len(self.variables)
        value = self._pipeline(dot, node.pipe)
        if is_true(value):
            self.walk_all(value if node.word == "with" else dot, node.body)
        elif node.otherwise is not None:
            self.walk_all(dot, node.otherwise)
        del self.variables[known:]

    def _range(self, dot: Any, node: Branch) -> None:
        known = len(self.variables)
        value = self._pipeline(dot, node.pipe)
        # What is popped after each iteration keeps the variables of the range itself.
        mark = len(self.variables)
        ran = False
        for key, one in self._elements(value):
            ran = True
            self._set_top(node.pipe, key, one)
            try:
                self.walk_all(one, node.body)
            except _JumpError as jump:
                if jump.word == "break":
                    break
            finally:
                del self.variables[mark:]
        if not ran and node.otherwise is not None:
            self.walk_all(dot, node.otherwise)
        del self.variables[known:]

    def _elements(self, value: Any) -> Iterator[tuple[Any, Any]]:
        if isinstance(value, Samples):
            yield from enumerate(value)
        elif isinstance(value, Mapping):
            yield from sorted(value.items(), key=lambda pair: pair[0].encode("utf-8", "replace"))
        elif value is not NO_VALUE and value is not None:
            text = Buffer()
            print_value(text, value, "v", Flags())
            raise self._fail(f"range can't iterate over {text.text()}")

    def _set_top(self, pipe: Pipe, key: Any, value: Any) -> None:
        """Give an iteration's key and value to the variables of a range."""
        names = pipe.variables
        if not names:
            return
        pairs = [(names[-1], value)] if len(names) == 1 else [(names[1], value), (names[0], key)]
        for place, (name, one) in enumerate(pairs, 1):
            if pipe.assigns:
                self._assign(name, one)
            else:
                self.variables[-place] = (name, one)

    def _call_template(self, dot: Any, node: Call) -> None:
        body = self._tree.defined.get(node.name)
        if body is None:
            raise self._fail(f"template {quote(node.name)} not defined")
        if self._depth >= DEPTH:
            raise self._fail(f"templates call each other more than {DEPTH} levels deep")
        data = self._pipeline(dot, node.pipe) if node.pipe is not None else NO_VALUE
        before = self.variables, self._name
        self.variables, self._name = [("$", data)], node.name
        self._depth += 1
        try:
            self.walk_all(data, body)
        finally:
            self._depth -= 1
            self.variables, self._name = before

    # Variables.

    def _assign(self, name: str, value: Any) -> None:
        for at in range(len(self.variables) - 1, -1, -1):
            if self.variables[at][0] == name:
                self.variables[at] = (name, value)
                return
        raise self._fail(f"undefined variable: {name}")

    def _variable(self, name: str) -> Any:
        for known, value in reversed(self.variables):
            if known == name:
                return value
        raise self._fail(f"undefined variable: {name}")

    # Pipelines.

    def _pipeline(self, dot: Any, pipe: Pipe) -> Any:
        self._at(pipe)
        value: Any = _MISSING
        for command in pipe.commands:
            value = self._command(dot, command, value)
            if value is None:
                value = NO_VALUE
        for name in pipe.variables:
            if pipe.assigns:
                self._assign(name, value)
            else:
                self.variables.append((name, value))
        return value

    def _command(self, dot: Any, command: Command, final: Any) -> Any:
        first, args = command.args[0], command.args
        match first:
            case Field():
                return self._field_node(dot, first, args, final)
            case Chain():
                return self._chain(dot, first, args, final)
            case Identifier():
                return self._function(dot, first, command, args, final)
            case Variable():
                return self._variable_node(dot, first, args, final)
        if not isinstance(first, Pipe):
            self._at(first)
        if len(args) > 1 or final is not _MISSING:
            raise self._fail(f"can't give argument to non-function {first}")
        if isinstance(first, Pipe):
            return self._pipeline(dot, first)
        if isinstance(first, Nil):
            raise self._fail("nil is not a command")
        return dot if isinstance(first, Dot) else self._literal(first)

    def _field_node(self, dot: Any, node: Field, args: tuple[Operand, ...], final: Any) -> Any:
        self._at(node)
        return self._fields(dot, dot, node, node.names, args, final)

    def _chain(self, dot: Any, node: Chain, args: tuple[Operand, ...], final: Any) -> Any:
        self._at(node)
        if isinstance(node.of, Nil):
            raise self._fail(f"indirection through explicit nil in {node}")
        inner = self._argument(dot, ANY, node.of)
        return self._fields(dot, inner, node, node.names, args, final)

    def _variable_node(self, dot: Any, node: Variable, args: tuple[Operand, ...], final: Any) -> Any:
        self._at(node)
        value = self._variable(node.name)
        if not node.names:
            if len(args) > 1 or final is not _MISSING:
                raise self._fail(f"can't give argument to non-function {args[0]}")
            return value
        return self._fields(dot, value, node, node.names, args, final)

    def _fields(
        self, dot: Any, value: Any, node: Node, names: tuple[str, ...], args: tuple[Operand, ...], final: Any
    ) -> Any:
        for name in names[:-1]:
            value = self._field(dot, name, node, (), _MISSING, value)
        return self._field(dot, names[-1], node, args, final, value)

    def _field(self, dot: Any, name: str, node: Node, args: tuple[Operand, ...], final: Any, receiver: Any) -> Any:
        """A key of a map, a field of a struct, or a method of a time."""
        if receiver is NO_VALUE:
            return NO_VALUE
        has_args = len(args) > 1 or final is not _MISSING
        if isinstance(receiver, Time) and name in METHODS:
            return self._method(dot, name, node, args, final, receiver)
        if isinstance(receiver, Mapping):
            if has_args:
                raise self._fail(f"{name} is not a method but has arguments")
            # Prometheus sets missingkey=zero: a label that is not there is an empty text.
            found = receiver.get(name, None if isinstance(receiver, Args) else "")
            return NO_VALUE if found is None else found
        if isinstance(receiver, Sample | Root) and name in receiver.__struct_fields__:
            if has_args:
                raise self._fail(f"{name} has arguments but cannot be invoked as function")
            return getattr(receiver, name)
        if receiver is None:
            raise self._fail(f"nil data; no entry for key {quote(name)}")
        raise self._fail(f"can't evaluate field {name} in type {type_name(receiver)}")

    def _method(self, dot: Any, name: str, node: Node, args: tuple[Operand, ...], final: Any, receiver: Time) -> Any:
        count, call = METHODS[name]
        values = self._arguments(dot, name, Function(call=call, params=(STRING,) * count), args[1:], final)
        return call(receiver.when, *values)

    # Functions.

    def _function(self, dot: Any, node: Identifier, owner: Node, args: tuple[Operand, ...], final: Any) -> Any:
        self._at(node)
        if node.name in ("and", "or"):
            return self._shortcut(dot, node, args[1:], final)
        function = self._functions[node.name]
        values = self._arguments(dot, node.name, function, args[1:], final)
        try:
            result = function.call(*values)
        except CallError as error:
            self._at(owner)
            raise self._fail(f"error calling {node.name}: {error}") from None
        except TemplateError as error:
            self._at(owner)
            raise self._fail(str(error)) from None
        if isinstance(result, str) and len(result) > OUTPUT_CHARS:
            raise self._fail(f"more than {OUTPUT_CHARS:,} characters")
        return result

    def _shortcut(self, dot: Any, node: Identifier, args: tuple[Operand, ...], final: Any) -> Any:
        """`and` and `or` evaluate no more of their arguments than they need."""
        count = len(args) + (final is not _MISSING)
        if not count:
            raise self._fail(f"wrong number of args for {node.name}: want at least 1 got 0")
        value: Any = NO_VALUE
        for arg in args:
            value = self._argument(dot, ANY, arg)
            if is_true(value) == (node.name == "or"):
                return value
        return value if final is _MISSING else final

    def _arguments(self, dot: Any, name: str, function: Function, args: tuple[Operand, ...], final: Any) -> list[Any]:
        count, least = len(args) + (final is not _MISSING), len(function.params)
        if count < least and function.more:
            raise self._fail(f"wrong number of args for {name}: want at least {least} got {len(args)}")
        if count != least and not function.more:
            raise self._fail(f"wrong number of args for {name}: want {least} got {count}")
        values = [self._argument(dot, function.param(at), arg) for at, arg in enumerate(args)]
        if final is not _MISSING:
            values.append(self._fitting(final, function.param(len(args))))
        return values

    def _argument(self, dot: Any, wanted: str, node: Operand) -> Any:
        """The value of an argument of the type `wanted`."""
        self._at(node)
        match node:
            case Dot():
                return self._fitting(dot, wanted)
            case Nil():
                if wanted == STRING:
                    raise self._fail(f"cannot assign nil to {wanted}")
                return Samples() if wanted == SAMPLES else None
            case Field():
                return self._fitting(self._field_node(dot, node, (node,), _MISSING), wanted)
            case Variable():
                return self._fitting(self._variable_node(dot, node, (node,), _MISSING), wanted)
            case Pipe():
                return self._fitting(self._pipeline(dot, node), wanted)
            case Identifier():
                return self._fitting(self._function(dot, node, node, (node,), _MISSING), wanted)
            case Chain():
                return self._fitting(self._chain(dot, node, (node,), _MISSING), wanted)
            case String() | Number() | Bool():
                return self._constant(node, wanted)

    def _constant(self, node: String | Number | Bool, wanted: str) -> Any:
        if wanted == ANY or (wanted == STRING and isinstance(node, String)):
            return self._literal(node)
        if wanted == STRING:
            raise self._fail(f"expected string; found {node}")
        raise self._fail(f"can't handle {node} for arg of type {wanted}")

    def _literal(self, node: String | Number | Bool) -> str | int | float:
        value = node.value
        if isinstance(value, int) and value >= 2**63:
            raise self._fail(f"{node} overflows int")
        return value

    def _fitting(self, value: Any, wanted: str) -> Any:
        """`value`, which is of the type `wanted`."""
        if value is NO_VALUE:
            if wanted == STRING:
                raise self._fail("invalid value; expected string")
            return NO_VALUE if wanted == ANY else (Samples() if wanted == SAMPLES else None)
        if wanted == ANY or type_name(value) == wanted:
            return value
        if value is None and wanted in (SAMPLE, SAMPLES):
            return None
        raise self._fail(f"wrong type for value; expected {wanted}; got {type_name(value)}")
