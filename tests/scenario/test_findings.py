"""What is wrong with a scenario is said with its place, its cause and what would have been right."""

import json
from collections.abc import Iterator, Mapping

import jsonschema_rs
import pytest

from mockkrea.core.tools import TOOLS, Tools
from mockkrea.data import Fixtures
from mockkrea.scenario.counting import Counted, Either
from mockkrea.scenario.format import json_schema, scenario_table
from mockkrea.scenario.loading import scenario_defaults
from mockkrea.scenario.reading import Scenario, ScenarioDefaults, read_scenario
from mockkrea.scenario.rules import RuleShape
from mockkrea.scenario.shapes import ListOf, MapOf, Short, Table
from mockkrea.scenario.source import (
    NODES_MAX,
    SIZE_BYTES_MAX,
    InvalidScenario,
    Node,
    PlacedFinding,
    read_text,
)


@pytest.fixture(scope="module")
def defaults(fixtures: Fixtures) -> ScenarioDefaults:
    return scenario_defaults(fixtures)


def findings(defaults: ScenarioDefaults, text: str | bytes, **others: str) -> list[str]:
    with pytest.raises(InvalidScenario) as refusal:
        read_scenario({"f.yaml": text, **others}, defaults)
    return str(refusal.value).splitlines()


def read(defaults: ScenarioDefaults, text: str) -> Scenario:
    return read_scenario({"f.yaml": text}, defaults)


def tree(text: str | bytes) -> Node:
    noted: list[PlacedFinding] = []
    node = read_text(text, "f.yaml", noted)
    assert not noted
    return node


# A text that is no scenario, and all that is found in it.
OF_THE_FORMAT: Mapping[str, list[str]] = {
    "workspaces:\n  - id: studio\n    api_balance: 5\n": [
        'f.yaml:3:5: unknown key "api_balance"; did you mean "usd"?'
    ],
    "nmae: x\nsede: 3\n": [
        'f.yaml:1:1: unknown key "nmae"; did you mean "name"?',
        'f.yaml:2:1: unknown key "sede"; did you mean "seed"?',
    ],
    "clock: {mode: on}\n": ['f.yaml:1:15: mode must be one of real, frozen; it is "on".'],
    "clock: {at: 2026-11-22T10:00:00}\n": [
        "f.yaml:1:13: at must be a time with its zone such as 2026-11-22T10:00:00Z;"
        ' it is "2026-11-22T10:00:00", which has none. Did you mean "2026-11-22T10:00:00Z"?'
    ],
    "clock: {at: 2026-11-22}\n": [
        'f.yaml:1:13: at must be a time with its zone such as 2026-11-22T10:00:00Z; it is "2026-11-22".'
    ],
    "workspaces: [{id: studio, usd: -1}]\n": ["f.yaml:1:32: usd must not be negative; it is -1 USD."],
    "workspaces: [{id: studio, usd: 1.00 USD}]\n": [
        'f.yaml:1:32: usd must be an amount in USD such as 12.5; it is "1.00 USD".'
    ],
    "workspaces: [{id: 7}]\n": ["f.yaml:1:19: id must be an id such as studio; it is 7. Put text in quotes."],
    "workspaces: [{name: Studio}]\n": ['f.yaml:1:14: the key "id" is missing.'],
    "workspaces: [{id: studio, plan: enterprize}]\n": [
        'f.yaml:1:33: plan must be one of free, pro, enterprise; it is "enterprize";'
        ' did you mean "enterprise"?'
    ],
    "workspaces: [{id: a, limits: {concurrency: 2.5}}]\n": [
        "f.yaml:1:44: concurrency must be a whole number from 0 to 1,000,000,000 or null; it is 2.5."
    ],
    "workspaces: {id: studio}\n": [
        'f.yaml:1:13: workspaces must be a list; it is a mapping. Begin each workspace with "- ".'
    ],
    "seed: yes\n": [
        "f.yaml:1:7: seed must be a whole number from -9,007,199,254,740,991"
        ' to 9,007,199,254,740,991; it is "yes".'
    ],
    "steps: [{advance: 2 hours}]\n": [
        'f.yaml:1:19: advance must be a duration such as 2h, 20s or 1500ms; it is "2 hours"'
        " (the units are ms, s, m, h, d)."
    ],
    "steps: [{sumbit: {}}]\n": ['f.yaml:1:10: unknown key "sumbit"; did you mean "submit"?'],
    "steps: [{wait: idle, advance: 2s}]\n": ['f.yaml:1:22: "advance" and "wait" cannot both stand here.'],
    "steps: [{}]\n": [
        "f.yaml:1:9: steps must have one of submit, call, poll, wait, cancel, upload, advance, sign_in,"
        " refresh, expire, revoke, request."
    ],
    "expect: [{requests: {times: 1, at_most: 2}}]\n": [
        'f.yaml:1:32: "at_most" and "times" cannot both stand here.'
    ],
    "oauth: {sessions: [{person: ada}]}\n": ['f.yaml:1:20: the key "access_token" is missing.'],
    "oauth: {access_token_life: 1}\n": [
        "f.yaml:1:28: access_token_life must be a duration such as 2h, 20s or 1500ms;"
        " it is 1 (a unit is missing: 1s?)."
    ],
    "webhooks: {receiver: [100]}\n": [
        "f.yaml:1:23: receiver must be a whole number from 200 to 599; it is 100."
    ],
    "expect: [{webhooks: {outcome: lost}}]\n": [
        'f.yaml:1:31: outcome must be one of pending, sending, delivered, failed, blocked; it is "lost".'
    ],
    "steps: {submit: {model: image/bfl/flux-1-dev}}\n": [
        'f.yaml:1:8: steps must be a list; it is a mapping. Begin each step with "- ".'
    ],
    "steps: submit\n": ['f.yaml:1:8: steps must be a list; it is "submit". Begin each step with "- ".'],
    "steps:\n": ['f.yaml:1:7: steps must be a list; it is empty. Begin each step with "- ".'],
    "expect: {jobs: {count: 1}}\n": [
        'f.yaml:1:9: expect must be a list; it is a mapping. Begin each expectation with "- ".'
    ],
    "faults: {then: {status: 500}}\n": [
        'f.yaml:1:9: faults must be a list; it is a mapping. Begin each rule with "- ".'
    ],
    "jobs: {then: {seconds: 1}}\n": [
        'f.yaml:1:7: jobs must be a list; it is a mapping. Begin each rule with "- ".'
    ],
    "steps: [upload]\n": [
        "f.yaml:1:9: steps must be a mapping with submit, call, poll, wait, cancel, upload, advance, sign_in,"
        ' refresh, expire, revoke, request; it is "upload". Put a colon behind it: upload: …'
    ],
    "steps: [{call: {tool: generte}}]\n": [
        'f.yaml:1:23: tool must be the name of an MCP tool; it is "generte"; did you mean "generate"?'
    ],
    "steps: [{call: {tool: x}}]\n": [
        f'f.yaml:1:23: tool must be the name of an MCP tool; it is "x"; there are {", ".join(TOOLS)}.'
    ],
    "expect: [{ledger: {workspace: studio}}]\n": [
        "f.yaml:1:19: ledger must have at least one of captured_usd, captured_compute_units, balance_usd,"
        " balance_compute_units, held_usd, held_compute_units, released_usd, released_compute_units."
    ],
    "- 1\n": [
        "f.yaml:1:1: this must be a mapping with name, description, seed, clock, settings, "
        "workspaces, models, jobs, faults, webhooks, oauth, steps, expect; it is a list."
    ],
}

# Rules, which core reads.
OF_THE_RULES: Mapping[str, list[str]] = {
    "faults:\n  - when: {path: /jobs}\n    then: {statsu: 503}\n": [
        'f.yaml:3:12: unknown key "statsu"; did you mean "status"?',
    ],
    "faults: [{when: {nth: 1, first: 2}, then: {status: 500}}]\n": [
        "f.yaml:1:33: first contradicts nth: say one of them."
    ],
    "jobs: [{when: {model: vidoe/google/veo-3.1}, then: {seconds: 8}}]\n": [
        'f.yaml:1:23: there is no model "vidoe/google/veo-3.1"; did you mean "video/google/veo-3.1"?'
    ],
    "jobs: [{then: {seconds: 8s}}]\n": ['f.yaml:1:25: seconds must be a number of seconds; it is "8s"'],
    "jobs: [{when: {workspace: stduio}, then: {seconds: 8}}]\n": [
        'f.yaml:1:27: there is no workspace "stduio"; did you mean "studio"?'
    ],
}

# Prices and fields of models, in the notation of the catalogue.
OF_THE_MODELS: Mapping[str, str] = {
    "usd: -1": "-1 should be a number from 0 to 9,007,199,254.740991.",
    "usd: 1e999999999": "'1e999999999' should be a number.",
    "usd: nan": "nan should be a number from 0 to 9,007,199,254.740991.",
    "usd: {a: 1}": "\"{'a': 1}\" should be a number.",
    "seconds: 30..20": "30..20 should begin with the lower.",
    "seconds: 1..2..3": "'2..3' should be a number.",
    'seconds: ""': "'' should be a number.",
    "fields: text": "'text' should be a mapping of fields.",
    "fields: {prompt: wat}": "'wat' is neither a kind of field nor a definition.",
    'fields: {prompt: "text /(/"}': '"(" is not a "regex" as JSON Schema has it (ECMA 262).',
    'fields: {prompt: "text /(?a)x/"}': '"(?a)x" is not a "regex" as JSON Schema has it (ECMA 262).',
    "fields: {prompt: []}": "a list of forms needs one, and a field that has fixed values in each of them.",
}

# Of the right form, and contradicting itself or the catalogue.
OF_THE_MEANING: Mapping[str, list[str]] = {
    "workspaces: [{id: studio, compute_units: 0.0001}]\n": [
        "f.yaml:1:42: 0.0001 compute units is too fine; the smallest amount is 0.001 compute units."
    ],
    "settings: {sped: 2}\n": ['f.yaml:1:12: unknown key "sped"; did you mean "speed"?'],
    "settings: {speed: 0}\n": [
        "f.yaml:1:19: speed must be a number above 0 and at most 1,000,000; it was 0."
    ],
    "settings: {accept_old_names: on}\n": [
        'f.yaml:1:30: accept_old_names must be true or false; it was "on".'
    ],
    "clock: {at: 2026-02-30T10:00:00Z}\n": [
        "f.yaml:1:13: at must be a time with its zone such as 2026-11-22T10:00:00Z;"
        ' it is "2026-02-30T10:00:00Z" (the calendar has no such time).'
    ],
    "settings: {auto_approve: nowhere}\nworkspaces: [{id: other}]\n": [
        'f.yaml:1:26: there is no workspace "nowhere"; known: other.'
    ],
    "steps: [{submit: {model: image/bfl/flux-1-dev, lost: true, status: 200, error: x}}]\n": [
        "f.yaml:1:68: status contradicts lost: true; nothing is answered.",
        "f.yaml:1:80: error contradicts lost: true; nothing is answered.",
    ],
    "expect: [{requests: {tool: generate, adapter: rest, none: true}}]\n": [
        "f.yaml:1:28: tool needs adapter: mcp; only there are tools called."
    ],
    "expect: [{requests: {in_order: [{path: /jobs, model: image/**}]}}]\n": [
        "f.yaml:1:54: model contradicts path: /jobs; only requests for /generate/**, /styles/train,"
        " /node-apps/*/execute and /mcp are for one."
    ],
    "steps: [{poll: idle}]\n": [
        'f.yaml:1:16: no submit above names a job "idle"; a submit names its job with "as".'
    ],
    "jobs: [{then: {status: failed, error: {cod: nsfw}}}]\n": [
        'f.yaml:1:40: unknown key "cod"; did you mean "code"?'
    ],
    "steps:\n  - poll: fox\n    status: 402\n": [
        'f.yaml:2:11: no submit above names a job "fox"; a submit names its job with "as".',
        'f.yaml:3:5: "status" belongs inside: poll: {job: fox, status: 402}.',
    ],
    "steps:\n  - submit: {model: image/bfl/flux-1-dev}\n    answer: {job_id: x}\n": [
        'f.yaml:3:5: "answer" belongs inside: submit: {…, answer: …}.'
    ],
    "expect: [{requests: {path: /generate/image/bfl/flux-1-dv}}]\n": [
        'f.yaml:1:28: there is no model "image/bfl/flux-1-dv"; did you mean "image/bfl/flux-1-dev"?'
    ],
    "faults: [{when: {path: /generate/image/bfl/flux-1-dev/x}, then: {status: 500}}]\n": [
        'f.yaml:1:24: there is no model "image/bfl/flux-1-dev/x"; did you mean "image/bfl/flux-1-dev"?'
    ],
    "expect: [{requests: {path: /jobs, method: POST}}]\n": [
        "f.yaml:1:43: method contradicts path: /jobs, which is served for GET and HEAD."
    ],
    "faults: [{when: {tool: generate_image}, then: {status: 500}}]\n": [
        'f.yaml:1:24: the tools of the profile documented do not include "generate_image";'
        " the setting tools: live has it."
    ],
    "settings: {tools: live}\nsteps: [{call: {tool: generate}}]\nexpect: [{requests: {tool: generate}}]\n": [
        'f.yaml:2:23: the tools of the profile live do not include "generate";'
        " the setting tools: documented has it.",
        'f.yaml:3:28: the tools of the profile live do not include "generate";'
        " the setting tools: documented has it.",
    ],
    "steps: [{wait: iddle}]\n": ['f.yaml:1:16: no submit above names a job "iddle"; did you mean "idle"?'],
    "workspaces: [{id: a}, {id: a}]\n": ['f.yaml:1:28: there are two workspaces "a".'],
    'workspaces: [{id: a, tokens: ["k"]}, {id: b, tokens: ["k"]}]\n': [
        'f.yaml:1:55: the token "k" is given twice.'
    ],
    "workspaces: [{id: a, members: [ada, ada]}]\n": ['f.yaml:1:37: "ada" is a member already.'],
    "workspaces: [{id: a, members: [ada], tokens: [{secret: k, person: adda}]}]\n": [
        'f.yaml:1:67: "adda" is no member of a; did you mean "ada"?'
    ],
    "workspaces: [{id: a, excluded_models: [vidoe/**]}]\n": ['f.yaml:1:40: there is no model "vidoe/**".'],
    "steps: [{submit: {model: image/krea/krea-2/mediun}}]\n": [
        'f.yaml:1:26: there is no model "image/krea/krea-2/mediun"; did you mean "image/krea/krea-2/medium"?'
    ],
    "steps: [{poll: fox}]\n": [
        'f.yaml:1:16: no submit above names a job "fox"; a submit names its job with "as".'
    ],
    "steps: [{request: {path: /jobs, key: mockkrea:def}}]\n": [
        'f.yaml:1:38: no workspace has the token "mockkrea:def"; did you mean "mockkrea:dev"?'
    ],
    "steps: [{call: {tool: get_job, arguments: {jobId: $fox}}}]\n": [
        'f.yaml:1:51: nothing above is kept as "fox"; a step keeps its answer with "as".'
    ],
    "steps: [{sign_in: {as: ada}}, {refresh: adaa}]\n": [
        'f.yaml:1:41: no sign_in above names a session "adaa"; did you mean "ada"?'
    ],
    "steps: [{sign_in: {person: linn}}]\n": ['f.yaml:1:28: there is no person "linn"; did you mean "lin"?'],
    "jobs: [{then: {seconds: 1}}, {when: {model: video/**}, then: {seconds: 9}}]\n": [
        "f.yaml:1:30: this rule is never asked: rule 1 of the list fires for all that it is about."
    ],
    "oauth: {auto_approve: stduio}\n": [
        'f.yaml:1:23: there is no workspace "stduio"; did you mean "studio"?'
    ],
    "oauth: {auto_approve: studio}\nsettings: {auto_approve: studio}\n": [
        "f.yaml:2:12: oauth says who is approved; leave one of them out."
    ],
    "oauth: {sessions: [{access_token: a, legacy: true, workspace: studio}]}\n": [
        "f.yaml:1:63: a legacy session is bound to no workspace; leave workspace or legacy out."
    ],
    "oauth: {sessions: [{access_token: mockkrea:dev}]}\n": [
        'f.yaml:1:35: the token "mockkrea:dev" is given twice.'
    ],
    "oauth: {sessions: [{access_token: a, as: x}, {access_token: b, as: x}]}\n": [
        'f.yaml:1:68: there are two sessions "x".'
    ],
    "workspaces: [{id: a, members: [ada]}, {id: b, members: [lin]}]\n"
    "oauth: {sessions: [{access_token: x, person: ada, workspace: b}]}\n": [
        'f.yaml:2:62: "ada" is no member of b.'
    ],
    "webhooks: {faults: [{when: {workspace: stduio}, then: {webhook: duplicate}}]}\n": [
        'f.yaml:1:40: there is no workspace "stduio"; did you mean "studio"?'
    ],
    "expect: [{webhooks: {model: vidoe/**}}]\n": ['f.yaml:1:29: there is no model "vidoe/**".'],
    "expect: [{ledger: {workspace: stduio, held_usd: 0}}]\n": [
        'f.yaml:1:31: there is no workspace "stduio"; did you mean "studio"?'
    ],
    "models: {override: {image/krea/krea-3: {usd: 1}}}\n": [
        'f.yaml:1:21: there is no model "image/krea/krea-3"; did you mean "image/krea/krea-2/large"?'
    ],
    "models: {override: {image/krea/krea-2/medium: {usd: free}}}\n": [
        "f.yaml:1:53: 'free' should be a number."
    ],
    "models: {add: {image/acme/x: {like: image/acme/y}, image/acme/y: {like: image/bfl/flux-1-dev}}}\n": [
        'f.yaml:1:37: there is no model "image/acme/y".'
    ],
    "models: {override: {image/acme/x: {usd: 1}}, add: {image/acme/x: {like: image/bfl/flux-1-dev}}}\n": [
        'f.yaml:1:21: there is no model "image/acme/x".'
    ],
    "models: {deprecate: {video/google/veo-3.1: {sunset: 2026-13-01}}}\n": [
        'f.yaml:1:53: sunset must be a date such as 2026-12-31; it is "2026-13-01"'
        " (the calendar has no such day)."
    ],
}

# No YAML that a scenario may be.
OF_THE_TEXT: Mapping[str | bytes, list[str]] = {
    "seed: 1\nname: x\nseed: 2\n": ['f.yaml:3:1: duplicate key "seed"; it stands in line 1 already.'],
    "steps: &all [*all]\n": ["f.yaml:1:14: *all repeats what it stands in; that would never end."],
    "name: *nothing\n": ["f.yaml:1:7: there is no anchor &nothing above."],
    "name: !!python/name:os.system x\n": [
        "f.yaml:1:7: tags such as tag:yaml.org,2002:python/name:os.system are not used here."
    ],
    "name: x\n---\nname: y\n": ["f.yaml:2:1: a second document begins here; a scenario is one."],
    "steps: [{submit: {model: image/krea/krea-2/medium, body: {aspect_ratio:16:9}}}]\n": [
        'f.yaml:1:59: "aspect_ratio:16:9" needs a space after its colon: aspect_ratio: 16:9.'
    ],
    "clock: {mode: real}\nfaults:\n\t- then: {status: 500}\n": [
        "f.yaml:3:1: not valid YAML: a tab; indent with spaces."
    ],
    "steps:\n  - submit: &s {model: image/bfl/flux-1-dev}\n  - submit: {<<: *s}\n": [
        "f.yaml:3:14: YAML 1.2 has no merge keys (<<); write the keys out."
    ],
    "steps:\n  - submit: &s {model: image/bfl/flux-1-dev}\n  - submit: {<<: [*s], model: x}\n": [
        "f.yaml:3:14: YAML 1.2 has no merge keys (<<); write the keys out.",
        'f.yaml:3:31: there is no model "x".',
    ],
    b"name: x\ndescription: \xff\n": ["f.yaml:2:1: this line is not UTF-8."],
    "x" * (SIZE_BYTES_MAX + 1): [
        "f.yaml:1:1: 1,000,001 bytes are too many; a scenario has 1,000,000 at most."
    ],
    "steps: " + "[" * 50 + "]" * 50: ["f.yaml:1:48: nested deeper than 40 levels."],
}


@pytest.mark.parametrize(
    "text",
    [*OF_THE_FORMAT, *OF_THE_MEANING, *OF_THE_TEXT],
    ids=lambda text: str(text)[:60],
)
def test_every_mistake_is_named_with_its_line_and_column(
    defaults: ScenarioDefaults, text: str | bytes
) -> None:
    tables: list[Mapping[str, list[str]] | Mapping[str | bytes, list[str]]]
    tables = [OF_THE_FORMAT, OF_THE_MEANING, OF_THE_TEXT]
    [expected] = [table[text] for table in tables if text in table]  # type: ignore[index]

    assert findings(defaults, text) == expected


@pytest.mark.parametrize("facts", OF_THE_MODELS)
def test_a_price_or_a_field_that_cannot_be_is_named_where_it_stands(
    defaults: ScenarioDefaults, facts: str
) -> None:
    text = f"models: {{override: {{image/bfl/flux-1-dev: {{{facts}}}}}}}\n"
    column = text.index(facts) + facts.index(":") + 3

    assert findings(defaults, text) == [f"f.yaml:1:{column}: {OF_THE_MODELS[facts]}"]


def levels(shape: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every mapping with keys of its own, each as a scenario in which it has an unknown one."""
    match shape:
        case Table(keys=keys):
            yield name, {"zzz": 1}
            for key, each in keys.items():
                yield from ((path, {key: inner}) for path, inner in levels(each.shape, f"{name}.{key}"))
        case ListOf(shape=each):
            yield from ((path, [inner]) for path, inner in levels(each, f"{name}[]"))
        case MapOf(shape=each):
            yield from ((path, {"zzz/zzz": inner}) for path, inner in levels(each, name))
        case Short(table=table) | Either(narrow=table) | Counted(table=table):
            yield from levels(table, name)
        case RuleShape():
            yield name, {"zzz": 1}
            yield from ((f"{name}.{key}", {key: {"zzz": 1}}) for key in ("when", "then"))


LEVELS = dict(levels(scenario_table()))


@pytest.mark.parametrize("level", LEVELS)
def test_an_unknown_key_is_refused_at_every_level(defaults: ScenarioDefaults, level: str) -> None:
    found = findings(defaults, json.dumps(LEVELS[level]))

    assert [line for line in found if 'unknown key "zzz"; known: ' in line], found


@pytest.mark.parametrize("count", ["count: 2", "none: true", "at_least: 2", "at_most: 2", "job: 1"])
def test_webhooks_in_an_order_are_not_counted_besides(defaults: ScenarioDefaults, count: str) -> None:
    key = count.partition(":")[0]
    text = f"expect: [{{webhooks: {{in_order: [{{job: 1}}], {count}}}}}]\n"

    [finding] = findings(defaults, text)

    assert any(
        f"{pair} cannot both" in finding for pair in (f'"{key}" and "in_order"', f'"in_order" and "{key}"')
    )


def test_there_are_as_many_levels_as_mappings_in_the_schema() -> None:
    def mappings(schema: object) -> int:
        if isinstance(schema, list):
            return sum(map(mappings, schema))
        if not isinstance(schema, dict):
            return 0
        return (schema.get("additionalProperties") is False) + sum(map(mappings, schema.values()))

    # `error` of a job's outcome and `settings` are read by others, and refused in tests of theirs.
    assert len(LEVELS) == mappings(json_schema()) - 2


def test_a_finding_never_repeats_a_large_value(defaults: ScenarioDefaults) -> None:
    large = "x" * 1_000
    workspace = {"id": large, "members": [large, large], "tokens": [{"secret": large, "person": f"{large}y"}]}
    text = json.dumps(
        {
            f"{large}k": 1,
            "workspaces": [workspace, workspace],
            "models": {"add": {large: {"like": large}}},
            "oauth": {"auto_approve": f"{large}z", "sessions": [{"access_token": large, "person": large}]},
            "steps": [{"poll": large}, {"request": {"path": f"${large}", "key": large}}],
            "expect": [{"jobs": {"model": large, "workspace": f"{large}z"}}],
        }
    )

    found = findings(defaults, text)

    assert len(found) > 10
    assert max(map(len, found)) < 400


def test_more_rules_than_a_world_takes_are_one_finding(defaults: ScenarioDefaults) -> None:
    jobs = [{"when": {"nth": number}, "then": {"seconds": 1}} for number in range(1, 601)]
    faults = [{"when": {"nth": number}, "then": {"status": 500}} for number in range(1, 402)]

    assert read(defaults, json.dumps({"jobs": jobs, "faults": faults[1:]})).rules
    text = json.dumps({"jobs": jobs, "faults": faults})
    column = text.index('"faults"') + 1
    assert findings(defaults, text) == [
        f"f.yaml:1:{column}: with these there are more than 1,000 rules under jobs, webhooks and faults."
    ]


def test_what_must_not_be_asked_may_be_a_path_that_nobody_serves(defaults: ScenarioDefaults) -> None:
    for count in ("none: true", "times: 0", "at_most: 0"):
        assert read(defaults, f"expect: [{{requests: {{path: /v1/**, {count}}}}}]").expected

    for count in ("times: 1", "none: false", "at_least: 0"):
        assert findings(defaults, f"expect: [{{requests: {{path: /v1/**, {count}}}}}]") == [
            'f.yaml:1:28: path must be a glob such as /generate/**; it is "/v1/**" (no path begins so;'
            " with none: true it may be any path)."
        ]


@pytest.mark.parametrize(
    "expected",
    [
        "path: /health, times: 1",
        "path: /health, none: true",
        "in_order: [{path: /health}]",
        "in_order: [{path: /v1/**}]",
        "path: jobs",
    ],
)
def test_the_way_out_of_a_path_that_nobody_serves_is_told_only_where_it_leads_out(
    defaults: ScenarioDefaults, expected: str
) -> None:
    [finding] = findings(defaults, f"expect: [{{requests: {{{expected}}}}}]")

    assert "with none: true" not in finding


@pytest.mark.parametrize(
    "match", ["path: jobs", "tool: generte", "model: vidoe/**", "adapter: rst", "method: GTE"]
)
def test_whatever_else_is_no_request_is_refused_also_where_none_must_come(
    defaults: ScenarioDefaults, match: str
) -> None:
    assert len(findings(defaults, f"expect: [{{requests: {{{match}, none: true}}}}]")) == 1


@pytest.mark.parametrize("text", OF_THE_RULES)
def test_a_mistake_in_a_rule_is_named_with_its_line_and_column(defaults: ScenarioDefaults, text: str) -> None:
    found = findings(defaults, text)

    assert len(found) == len(OF_THE_RULES[text])
    assert all(any(line.startswith(begin) for line in found) for begin in OF_THE_RULES[text]), found


@pytest.mark.parametrize("text", OF_THE_FORMAT)
def test_the_schema_refuses_what_the_format_does_not_have(text: str) -> None:
    validator = jsonschema_rs.validator_for(json_schema())

    assert not validator.is_valid(tree(text).plain())


def test_yaml_that_breaks_off_is_a_finding_at_its_end(defaults: ScenarioDefaults) -> None:
    [finding] = findings(defaults, "steps: [\n")

    assert finding.startswith("f.yaml:2:1: not valid YAML: ")


def test_text_that_begins_with_a_star_is_asked_to_stand_in_quotes(defaults: ScenarioDefaults) -> None:
    [finding] = findings(defaults, "expect: [{requests: {path: **}}]\n")

    assert finding.startswith("f.yaml:1:")
    assert 'text that begins with * needs quotes, "**"' in finding


def test_repeating_the_repeated_is_bounded_before_memory_is_spent(defaults: ScenarioDefaults) -> None:
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"b{n}: &b{n} [{', '.join(['*a' if n == 0 else f'*b{n - 1}'] * 10)}]" for n in range(9)]

    assert findings(defaults, "\n".join(lines)) == [
        f"f.yaml:5:10: more than {NODES_MAX:,} parts, repeated ones counted each time."
    ]


def test_a_part_may_be_repeated_by_an_alias(defaults: ScenarioDefaults) -> None:
    scenario = read(defaults, "workspaces: [{id: a, members: &both [ada, lin]}, {id: b, members: *both}]")

    assert [list(each.roles) for each in scenario.setup.workspaces.values()] == [["ada", "lin"]] * 2


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "---\n# nothing yet\n"])
def test_a_file_with_nothing_in_it_is_a_scenario(defaults: ScenarioDefaults, text: str) -> None:
    assert read(defaults, text).source == {}


# Values of settings, and whether they may be written so.
SETTINGS: Mapping[str, bool] = {
    **{"progression: time": True, "progression: tiem": False, "speed: 2.5": True, "speed: -1": False},
    **{"speed: 0": False, "polls_per_step: 1": True, "polls_per_step: 0": False, "magic: true": True},
    **{'magic: "on"': False, "validation_status: 400": True, "validation_status: 404": False},
    **{"delete_finished: 409": True, "delete_finished: 410": False, "tools: all": True, "tools: any": False},
    **{"auto_approve: studio": True, "auto_approve: a b": False, "error_keys: none": False},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_schema_of_settings_takes_what_their_reader_does(
    defaults: ScenarioDefaults, setting: str
) -> None:
    text, is_right = f"settings: {{{setting}}}", SETTINGS[setting]

    assert jsonschema_rs.validator_for(json_schema()).is_valid(tree(text).plain()) == is_right
    if is_right:
        assert read(defaults, text)
    else:
        assert len(findings(defaults, text)) == 1


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = "a: 16:9\nb: on\nc: no\nd: 012\ne: 0x1F\nf: ~\ng: true\nh: 2026-11-22\ni: 1e3\nj: '7'\nk: 1e999\n"

    assert tree(text).plain() == {
        **{"a": "16:9", "b": "on", "c": "no", "d": 12, "e": 31, "f": None, "g": True, "h": "2026-11-22"},
        **{"i": 1000.0, "j": "7", "k": "1e999"},
    }


def test_json_is_read_as_json_with_tabs_and_escapes() -> None:
    said = {"name": "x\t\\ud83d", "description": "a fox 🦊 \\", "steps": []}

    assert tree(json.dumps(said, indent="\t")).plain() == said


def test_a_part_that_is_wrong_does_not_hide_what_others_name(defaults: ScenarioDefaults) -> None:
    text = "sede: 1\nfaults: [{then: {}}]\nsteps: [{poll: fox}]\nexpect: [{jobs: {workspace: studoi}}]\n"

    assert [finding.partition(": ")[0] for finding in findings(defaults, text)] == [
        *("f.yaml:1:1", "f.yaml:2:17", "f.yaml:3:16", "f.yaml:4:29")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "settings: {sped: 1}\nmodels: {add: {image/acme/x: {like: image/bfl/flux-1-dev}}}\n"
        "steps: [{submit: {model: image/acme/x}}]",
        "workspaces: [{id: a, tokens: [k, k]}]\nsteps: [{request: {path: /jobs, key: k}}]",
        "oauth: {sessions: [{access_token: a, person: no}]}\nsteps: [{request: {path: /jobs, key: a}}]",
    ],
)
def test_what_is_wrong_is_not_found_again_where_it_is_named(defaults: ScenarioDefaults, text: str) -> None:
    [finding] = findings(defaults, text)

    assert finding.startswith("f.yaml:1:")


def test_all_findings_of_all_files_come_at_once_in_their_order(defaults: ScenarioDefaults) -> None:
    found = findings(
        defaults, "seed: x\nnmae: y\nseed: 1\n", **{"g.yaml": "workspaces: [{id: a, usd: -1}]\n"}
    )

    assert [finding.partition(": ")[0] for finding in found] == [
        "f.yaml:1:7",
        "f.yaml:2:1",
        "f.yaml:3:1",
        "g.yaml:1:27",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "expect: [{requests: {path: /generate/image/bfl/flux-1-dv, none: true}}]",
        "expect: [{requests: {path: /generate, times: 0}}]",
        "expect: [{requests: {path: /jobs, method: POST, none: true}}]",
        "expect: [{requests: {adapter: rest, path: /v1/x, none: true}}]",
        "expect: [{requests: {tool: generate_image, none: true}}]",
        "settings: {tools: live}\nfaults: [{when: {tool: generate_image}, then: {status: 500}}]",
        "settings: {tools: all}\nexpect: [{requests: {tool: generate}}, {requests: {tool: generate_image}}]",
        "steps: [{call: {tool: generate_image, error: is no tool}}]",
        "models: {add: {image/acme/x: {like: image/bfl/flux-1-dev}}}\n"
        "faults: [{when: {path: /generate/image/acme/x}, then: {status: 500}}]",
    ],
)
def test_what_can_be_asked_for_or_must_not_be_is_no_finding(defaults: ScenarioDefaults, text: str) -> None:
    assert read(defaults, text)


def test_a_model_that_may_be_declared_where_something_is_wrong_is_in_a_path_no_finding(
    defaults: ScenarioDefaults,
) -> None:
    declared = "models: {add: {image/acme/x: {liek: image/bfl/flux-1-dev}}}\n"
    rule = "faults: [{when: {path: /generate/image/acme/x}, then: {status: 500}}]"

    assert all("liek" in each for each in findings(defaults, declared + rule))


def test_a_scenario_that_names_no_profile_is_read_for_the_servers(fixtures: Fixtures) -> None:
    rule = "faults: [{when: {tool: generate_image}, then: {status: 500}}]"

    assert read(scenario_defaults(fixtures, Tools.LIVE), rule)
