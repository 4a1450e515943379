"""Reading a keys.yaml: strictly, and every mistake with its line."""

from pathlib import Path

from config.file_text import read_text, shown_path
from config.problems import Problems, child, item, nearest
from config.yaml_tree import Mapping as MappingNode
from config.yaml_tree import Node, Scalar, Sequence, read_tree
from tui.keys.declared import declared
from tui.keys.keymap import Keys, mistakes
from tui.keys.names import canonical, is_everywhere, known_as, written
from tui.keys.presets import PRESETS

_SECTIONS = ("preset", "keys")


def read_file(path: Path) -> Keys:
    """What the file at `path` changes. Raises ConfigError with every mistake, one a line."""
    file, problems = shown_path(path), Problems()
    tree = read_tree(read_text(path), problems)
    if tree is not None and not isinstance(tree, MappingNode):
        problems.add(tree.line, "", "the top level must be a mapping with preset: and keys:")
    if len(problems) or not isinstance(tree, MappingNode):
        if len(problems):
            raise problems.error(file)
        return {}
    preset = _preset(tree, problems)
    own = _own(tree, preset, problems)
    if len(problems):
        raise problems.error(file)
    return {**PRESETS[preset], **own}


def notes(chosen: Keys) -> list[str]:
    """What is no mistake, and may surprise even so."""
    return [
        f"{name}: only some terminals can send {', '.join(map(written, keys))} (those with the kitty keyboard protocol)"
        for name, keys in chosen.items()
        if keys and not any(map(is_everywhere, keys))
    ]


def _preset(tree: MappingNode, problems: Problems) -> str:
    for name in tree.entries:
        if name not in _SECTIONS:
            problems.add(tree.lines[name], child("", name), f"unknown key{nearest(name, _SECTIONS)}")
    node = tree.entries.get("preset")
    if node is None:
        return "default"
    name = node.text if isinstance(node, Scalar) else ""
    if name not in PRESETS:
        problems.add(node.line, "preset", f"no such preset{nearest(name, PRESETS)}")
        return "default"
    return name


def _own(tree: MappingNode, preset: str, problems: Problems) -> Keys:
    """What `keys:` says; what is wrong with it goes to `problems`."""
    node = tree.entries.get("keys")
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return {}
    if not isinstance(node, MappingNode):
        problems.add(node.line, "keys", "must be a mapping from ids to keys, such as `table.down: [j, down]`")
        return {}
    own = {name: _keys(value, child("keys", name), problems) for name, value in node.entries.items()}
    if not len(problems):
        for wrong in mistakes(declared(), own, PRESETS[preset]):
            problems.add(node.lines[wrong.id], child("keys", wrong.id), wrong.text)
    return own


def _keys(node: Node, key: str, problems: Problems) -> tuple[str, ...]:
    """A key, a list of keys, or nothing."""
    if isinstance(node, MappingNode):
        problems.add(node.line, key, "must be a key or a list of keys")
        return ()
    if isinstance(node, Scalar) and node.plain and node.value is None:
        return ()
    if isinstance(node, Sequence):
        found = [_key(part, item(key, place), problems) for place, part in enumerate(node.items)]
    else:
        found = [_key(node, key, problems)]
    return tuple(dict.fromkeys(known_as(one) for one in found if one is not None))


def _key(node: Node, key: str, problems: Problems) -> str | None:
    if not isinstance(node, Scalar):
        problems.add(node.line, key, "must be the name of a key")
        return None
    try:
        return canonical(node.text)
    except ValueError as error:
        is_list = "," in node.text and len(node.text) > 1
        problems.add(node.line, key, f"{node.text!r}: several keys are a list, [j, down]" if is_list else str(error))
        return None
