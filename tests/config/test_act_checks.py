"""Templates and rollbacks that could not be carried out are mistakes of the file: each with its line, its key and what
was probably meant."""

from pathlib import Path

import pytest

from config.kinds import KindTables, installed_kinds
from config.load import load
from fleet.errors import ConfigError

HEAD = """\
gates:
  errors: {expr: "up", target: ">= 1"}
"""
HTTP = "{kind: http, name: ask, url: 'https://h/api', "
LINK = "{kind: symlink, name: web, link: /srv/now, releases: /srv/releases, "
COMMAND = "{kind: command, name: web, list: [ls], to: [roll, '{to}', '{share}'], "

CASES = [
    (
        "templates:\n  - kind: http\n    name: ask\n    fields: [{name: message}]\n    url: https://h/api\n"
        "    body: {text: '{mesage}'}",
        "8: templates[0].body: there is no field mesage, which it names as {mesage}; did you mean message? "
        "(known: message)",
    ),
    (
        "templates:\n  - kind: command\n    name: say\n    fields: [{name: message}]\n    argv: [echo, '{mesage}']",
        "7: templates[0].argv: there is no field mesage, which it names as {mesage}; did you mean message? "
        "(known: message)",
    ),
    (
        "templates:\n  - {kind: command, name: say, argv: [echo], dash: [text]}",
        "4: templates[0].dash: there is no field text, which it names as {text}",
    ),
    (
        "templates:\n  - {kind: redis_list, name: say, url: 'redis://h', key: jobs, item: {a: '{now} {wo}'}}",
        "4: templates[0].item: there is no field wo, which it names as {wo}",
    ),
    (
        "templates:\n  - kind: http\n    name: ask\n    url: https://h/api\n    schema: form.json",
        "7: templates[0].schema: the schema form.json: ",
    ),
    (
        f"templates:\n  - {HTTP}fields: [{{name: a}},\n      {{name: a}}]}}",
        "5: templates[0].fields[1].name: a is there twice",
    ),
    (
        f"templates:\n  - {HTTP}fields: [{{name: a, type: integer,\n      default: many}}]}}",
        "5: templates[0].fields[0].default: the default of a",
    ),
    (
        f"templates:\n  - {HTTP}fields: [{{name: a}},\n      {{name: size, type: choice}}]}}",
        "5: templates[0].fields[1].choices: size is a choice of which nobody says what there is; name its choices",
    ),
    (
        "templates:\n  - {kind: coordinator, name: run, url: 'http://h', ask_allowed: false, agents: 'role:x',\n"
        "      fields: [{name: command, type: choice}]}",
        "5: templates[0].fields[0].choices: command is a choice of which nobody says what there is; name its choices",
    ),
    (f"templates:\n  - {HTTP}\n      agents: '(role:x'}}", "5: templates[0].agents: "),
    (
        "queues: [{kind: redis_list, key: 'fleet:jobs', url: 'redis://h'}]\n"
        f"templates:\n  - {HTTP}\n      queue: 'fleet:jbos'}}",
        "6: templates[0].queue: there is no entry fleet:jbos under queues; did you mean fleet:jobs?",
    ),
    (f"templates:\n  - {HTTP}\n      queue: jobs}}", "5: templates[0].queue: there is no entry jobs under queues"),
    (f"rollbacks:\n  - {LINK}\n      agents: '(role:x'}}", "5: rollbacks[0].agents: "),
    (
        f"slos: [{{name: fast, objective: 99%, bad: 'a', total: 'b'}}]\nrollbacks:\n  - {LINK}\n      slo: fats}}",
        "6: rollbacks[0].slo: there is no objective fats; did you mean fast? (known: fast)",
    ),
    (
        f"rollbacks:\n  - {LINK}\n      gate: erors}}",
        "5: rollbacks[0].gate: there is no gate erors; did you mean errors? (known: errors)",
    ),
    (
        f"rollbacks:\n  - {COMMAND}\n      stages: [{{share: 0.5}},\n        {{share: 1, gate: nogate}}]}}",
        "6: rollbacks[0].stages[1].gate: there is no gate nogate (known: errors)",
    ),
    (
        f"rollbacks:\n  - {COMMAND}\n      stages: [{{share: 0.5, expr: up}}, {{share: 1}}]}}",
        "5: rollbacks[0].stages[0].expr: '' is no target",
    ),
    (
        f"rollbacks:\n  - {COMMAND}\n      stages: [{{share: 0.5}}, {{share: 0.4}}]}}",
        "5: rollbacks[0].stages: the shares of its stages do not grow: 50 %, 40 %",
    ),
    (
        f"rollbacks:\n  - {LINK}\n      stages: [{{share: 1}}]}}",
        "5: rollbacks[0].stages: what is rolled back by symlink as it stands here cannot be rolled in stages",
    ),
    (
        "rollbacks:\n  - {kind: command, name: web, list: [ls], to: [roll, '{to}'],\n      stages: [{share: 1}]}",
        "5: rollbacks[0].stages: what is rolled back by command as it stands here cannot be rolled in stages; neither "
        "{share} nor {percent} stands in its `to`",
    ),
    (
        f"templates:\n  - {HTTP}\n      follow: {{url: 'https://h/api/{{id}}'}}}}",
        "5: templates[0].follow: there is no value for {id}; say where it stands in the answer, such as `id: job.id`",
    ),
    (
        "rollbacks:\n  - {kind: command, name: web, list: [ls],\n      to: [roll]}",
        "5: rollbacks[0].to: it does not say to which revision; {to} is wanted in it",
    ),
    (
        "rollbacks:\n  - {kind: http, name: web, list: 'https://h/api',\n      to: {url: 'https://h/api/{live}'}}",
        "5: rollbacks[0].to: it does not say to which revision; {to} is wanted in it",
    ),
    (
        f"rollbacks:\n  - {COMMAND}\n      lines: '(?P<idd>v.*)'}}",
        "5: rollbacks[0].lines: no part of a revision is called idd; did you mean id?",
    ),
    (
        f"rollbacks:\n  - {COMMAND}\n      lines: '(?P<author>.*)'}}",
        "5: rollbacks[0].lines: a named group (?P<id>…) is wanted, which is what is rolled to",
    ),
    (
        f"rollbacks:\n  - {LINK.replace('name: web', 'name: watch')}}}",
        "4: rollbacks[0].name: `fleetdeck rollback watch` follows rollbacks: nothing else can be called so",
    ),
    (
        "templates:\n  - kind: command\n    name: say\n    fields: [{name: text}]\n    argv: [echo, {text}]",
        '7: templates[0].argv[1]: text is wanted, not a mapping; a placeholder stands in quotes: "{text}"',
    ),
    (f"rollbacks:\n  - {LINK}\n      gate: errors, auto: {{only: nogate}}}}", "5: rollbacks[0].auto: "),
    (f"rollbacks:\n  - {LINK}\n      gate: errors, tier: 3, auto: {{only: errors}}}}", "5: rollbacks[0].auto: "),
]


@pytest.fixture(scope="module")
def kinds() -> KindTables:
    return installed_kinds()


def loaded(text: str, folder: Path, kinds: KindTables) -> str:
    path = folder / "fleetdeck.yaml"
    path.write_text(HEAD + text)
    try:
        load(path, kinds)
    except ConfigError as error:
        return str(error).replace(f"{path}:", "")
    return ""


def keys(said: str) -> list[str]:
    return [line.split(": ")[1] for line in said.splitlines()]


@pytest.mark.parametrize(("text", "said"), CASES, ids=[said.split(":")[1].strip() for _, said in CASES])
def test_a_mistake_is_named_with_its_line(text: str, said: str, tmp_path: Path, kinds: KindTables) -> None:
    found = loaded(text, tmp_path, kinds)
    assert found.startswith(said), found
    assert "\n" not in found


def test_what_is_right_is_taken(tmp_path: Path, kinds: KindTables) -> None:
    (tmp_path / "form.json").write_text('{"type": "object", "properties": {"text": {"type": "string"}}}')
    (tmp_path / "slos.yaml").write_text(
        "version: prometheus/v1\nservice: web\nslos:\n  - name: fine\n    objective: 99\n"
        "    sli: {events: {error_query: 'sum(a)', total_query: 'sum(b)'}}\n    alerting: {}\n"
    )
    text = (
        "slo_files: [slos.yaml]\n"
        f"templates:\n  - {HTTP}schema: form.json, body: {{a: '{{text}} {{key}} {{to}}'}}}}\n"
        f"rollbacks:\n  - {COMMAND}gate: errors, slo: SLO, agents: 'role:nobody',\n"
        "     stages: [{share: 0.5, gate: errors, expr: up, target: '>= 1'}, {share: 1}]}\n"
    )
    (wrong,) = loaded(text, tmp_path, kinds).splitlines()
    assert "there is no objective SLO" in wrong
    name = wrong.partition("(known: ")[2].removesuffix(")")
    assert loaded(text.replace("SLO", name), tmp_path, kinds) == ""


def test_all_mistakes_are_named_at_once(tmp_path: Path, kinds: KindTables) -> None:
    text = (
        "templates:\n  - {kind: http, name: a, url: 'https://h/{x}', body: '{y}'}\n"
        f"rollbacks:\n  - {LINK}slo: no, gate: no, stages: [{{share: 1}}]}}\n"
    ).replace("no,", "'none',")
    assert keys(loaded(text, tmp_path, kinds)) == [
        "templates[0].url",
        "templates[0].body",
        "rollbacks[0].slo",
        "rollbacks[0].gate",
        "rollbacks[0].stages",
    ]


def test_choices_may_come_from_the_target_or_from_the_agents(tmp_path: Path, kinds: KindTables) -> None:
    text = (
        "templates:\n"
        "  - {kind: coordinator, name: a, url: 'http://h', agents: 'role:x', fields: [{name: command, type: choice}]}\n"
        "  - {kind: coordinator, name: b, url: 'http://h', command: '{what}', fields: [{name: what, type: choice}]}\n"
        f"  - {HTTP}agents: 'role:x', fields: [{{name: capability, type: choice}}]}}\n"
        f"  - {HTTP.replace('ask', 'said')}fields: [{{name: size, type: choice, choices: [s, m]}}]}}\n"
    )
    assert loaded(text, tmp_path, kinds) == ""


def test_names_are_looked_at_beside_mistakes_in_types(tmp_path: Path, kinds: KindTables) -> None:
    text = (
        "queues: [{kind: redis_list, key: jobs, url: 'redis://h'}]\n"
        f"templates:\n  - {HTTP}queue: jbos, agents: '(x', timeout: long, body: '{{y}}'}}\n"
        "  - {kind: coordinator, name: say, url: 'http://h', tier: 9, command: '{'}\n"
        f"rollbacks:\n  - {LINK}slo: none, gate: none, reload: 3}}\n"
        f"  - {COMMAND.replace('web', 'other')}within: long, gate: none}}\n"
    )
    assert keys(loaded(text, tmp_path, kinds)) == [
        "templates[0].timeout",
        "templates[0].agents",
        "templates[0].queue",
        "templates[1].tier",
        "templates[1]",
        "rollbacks[0].reload",
        "rollbacks[0].slo",
        "rollbacks[0].gate",
        "rollbacks[1].within",
    ]


def test_what_may_be_named_by_a_key_that_is_wrong_is_not_missed(tmp_path: Path, kinds: KindTables) -> None:
    text = (
        "qeues: [{kind: redis_list, key: jobs, url: 'redis://h'}]\n"
        f"templates:\n  - {HTTP}queue: jobs, feilds: [{{name: y}}], body: '{{y}}'}}\n"
        "  - {kind: command, name: say, argv: [echo, '{x}']}\n"
        f"rollbacks:\n  - {LINK}slo: none, gate: none}}\n"
    )
    assert keys(loaded(text, tmp_path, kinds)) == ["qeues", "templates[0].feilds", "templates[1].argv"]
