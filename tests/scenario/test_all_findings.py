"""Whatever is wrong with a scenario, everything else that is wrong is found with it, and nothing besides."""

from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import orjson
import pytest

from mockkrea.data import Fixtures
from mockkrea.scenario.loading import ready_made, scenario_defaults
from mockkrea.scenario.reading import ScenarioDefaults, read_scenario
from mockkrea.scenario.source import InvalidScenario, read_text

Tree = dict[str, Any]


@pytest.fixture(scope="module")
def defaults(fixtures: Fixtures) -> ScenarioDefaults:
    return scenario_defaults(fixtures)


def findings(defaults: ScenarioDefaults, text: str | bytes, **above: str) -> list[str]:
    with pytest.raises(InvalidScenario) as refusal:
        read_scenario({"f.yaml": text, **above}, defaults)
    return str(refusal.value).splitlines()


# One mistake in every part, and its line.
OF_EVERY_PART = """\
name: two words
description: 7
sede: 3
clock: {mode: on}
settings: {sped: 2}
workspaces:
  - {id: acme, usd: -1, members: [ada, ada], tokens: [{secret: k, person: adda}], excluded_models: [vidoe/**]}
  - {id: acme, plan: proo}
models:
  override: {image/bfl/flux-1-dev: {usd: free, replacement: image/nope/nope, unfinished_max: x}}
  add: {image/acme/x: {like: image/bfl/flux-1-dv, hosting: kraa}}
  deprecate: {video/google/veo-3.1: {sunset: 2026-13-01, replacement: image/acme/y}}
jobs:
  - {when: {model: vidoe/**, workspace: acne}, then: {secnds: 3}}
faults:
  - {when: {tool: generte, key: kk, model: image/acme/q}, then: {status: 999}}
webhooks:
  retry_after: [1 s]
  faults: [{when: {workspace: nowhere}, then: {webhook: twice}}]
oauth:
  auto_approve: nowhere
  access_token_life: 1
  sessions:
    - {as: old, access_token: k, person: nobody, workspace: nowhere}
steps:
  - {submit: {model: image/acme/q, times: 0, as: fox}}
  - {poll: fxo}
  - {call: {tool: generte, key: other}}
  - {submit: {model: image/acme/x}, wait: fox}
  - {refresh: olf}
expect:
  - {requests: {path: /v1/jobs, model: image/nope/x}}
  - {ledger: {workspace: nowhere}}
  - {webhooks: {in_order: [{model: vidoe/**, workspace: nowhere}]}}
"""
# What stands at each finding, in order, and the first words of what is said about it.
THEIR_FINDINGS = [
    ("two words", "name must be a name such as"),
    ("7", "description must be text"),
    ("sede", 'unknown key "sede"'),
    ("on}", "mode must be one of real, frozen"),
    ("sped", 'unknown key "sped"'),
    ("-1", "usd must not be negative"),
    ("ada]", '"ada" is a member already'),
    ("adda", '"adda" is no member of acme'),
    ("vidoe/**]", 'there is no model "vidoe/**"'),
    ("acme, plan", 'there are two workspaces "acme"'),
    ("proo", "plan must be one of free, pro, enterprise"),
    ("free", "'free' should be a number"),
    ("image/nope/nope", 'there is no model "image/nope/nope"'),
    ("x}", "unfinished_max must be a whole number"),
    ("image/bfl/flux-1-dv", 'there is no model "image/bfl/flux-1-dv"'),
    ("kraa", "hosting must be one of krea, external"),
    ("2026-13-01", "sunset must be a date"),
    ("image/acme/y", 'there is no model "image/acme/y"'),
    ("vidoe/**", 'there is no model "vidoe/**"'),
    ("acne", 'there is no workspace "acne"; did you mean "acme"?'),
    ("secnds", 'unknown key "secnds"'),
    ("generte", "tool must be the name of an MCP tool"),
    ("kk", 'no workspace has the token "kk"'),
    ("image/acme/q", 'there is no model "image/acme/q"; did you mean "image/acme/x"?'),
    ("999", "status must be an HTTP status"),
    ("1 s", "retry_after must be a duration"),
    ("nowhere", 'there is no workspace "nowhere"'),
    ("twice", "webhook must be one of duplicate"),
    ("nowhere", 'there is no workspace "nowhere"'),
    ("1", "access_token_life must be a duration"),
    ("k, person", 'the token "k" is given twice'),
    ("nobody", 'there is no person "nobody"'),
    ("nowhere", 'there is no workspace "nowhere"'),
    ("image/acme/q", 'there is no model "image/acme/q"; did you mean "image/acme/x"?'),
    ("0", "times must be a whole number from 1"),
    ("fxo", 'no submit above names a job "fxo"; did you mean "fox"?'),
    ("generte", 'tool must be the name of an MCP tool; it is "generte"; did you mean "generate"?'),
    ("other", 'no workspace has the token "other"'),
    ("wait", '"wait" and "submit" cannot both stand here'),
    ("olf", 'no sign_in above names a session "olf"; did you mean "old"?'),
    ("/v1/jobs", "path must be a glob such as /generate/**"),
    ("image/nope/x", 'there is no model "image/nope/x"'),
    ("{workspace", "ledger must have at least one of captured_usd"),
    ("nowhere", 'there is no workspace "nowhere"'),
    ("vidoe/**", 'there is no model "vidoe/**"'),
    ("nowhere", 'there is no workspace "nowhere"'),
]


def test_a_mistake_in_every_part_is_found_in_every_part_at_once_and_in_order(
    defaults: ScenarioDefaults,
) -> None:
    lines = OF_EVERY_PART.splitlines()

    found = findings(defaults, OF_EVERY_PART)

    assert len(found) == len(THEIR_FINDINGS)
    for finding, (text, message) in zip(found, THEIR_FINDINGS, strict=True):
        _, line, column, said = finding.split(":", 3)
        assert lines[int(line) - 1][int(column) - 1 :].startswith(text), finding
        assert said.strip().startswith(message)


def test_mistakes_in_several_layers_are_all_found_each_in_its_file(defaults: ScenarioDefaults) -> None:
    below = "workspaces: [{id: acme, usd: -1}]\nsteps: [{poll: fox}]\n"
    above = "oauth: {access_token_life: 1}\nexpect: [{jobs: {workspace: acne}}]\n"

    found = findings(defaults, below, **{"g.yaml": above})

    assert [line.split(": ")[0] for line in found] == [
        "f.yaml:1:30",
        "f.yaml:2:16",
        "g.yaml:1:28",
        "g.yaml:2:29",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "workspcaes: [{id: acme}]\nexpect: [{jobs: {workspace: acme}}]",
        "workspaces: {id: acme}\nexpect: [{jobs: {workspace: acme}}]",
        "workspaces: [{ID: acme, id: other}]\nexpect: [{jobs: {workspace: acme}}]",
        "workspaces: [{id: acme, members: {max: owner}}]\nsteps: [{sign_in: {person: max, workspace: acme}}]",
        "workspaces: [{id: acme, token: [k]}]\nsteps: [{request: {path: /jobs, key: k}}]",
        "models: {ad: {image/acme/x: {}}}\nsteps: [{submit: {model: image/acme/x}}]",
        "models: {add: {image/acme/x: {like: image/bfl/flux-1-dev, usd: free}}}\n"
        "steps: [{submit: {model: image/acme/x}}]\njobs: [{when: {model: image/acme/*}, then: {seconds: 1}}]",
        "models: {ad: {image/acme/x: {}}}\nworkspaces: [{id: a, excluded_models: [image/acme/*]}]",
        "workspaces: [{id: a, members: [{preson: max}], tokens: [{secret: k, person: max}]}]",
        "oauth: {session: [{access_token: a, as: old}]}\nsteps: [{refresh: old}]",
        "steps: [{sumbit: {model: image/bfl/flux-1-dev, as: fox}}, {poll: fox}]",
        "steps: [{submit: {model: image/bfl/flux-1-dev, sa: fox}}, {poll: fox}]",
        "steps: [{sumbit: {as: fox}}, {request: {path: /jobs/$fox}}]",
        "steps: [{submit: {modle: image/bfl/flux-1-dev}}]",
        "steps: [{cancel: $nobody}]",
        "steps: [{cancel: {job: $nobody}}]",
        "steps: [{refresh: {session: $nobody}}]",
        "workspaces: [{idd: acme}]",
        "workspaces: [{id: acme, members: [{preson: ada}]}]",
        "models: {add: {image/acme/x: {lik: image/bfl/flux-1-dev}}}",
        "oauth: {sessions: [{access_tokn: a}]}",
        "expect: [{ledger: {workspace: studio, held_us: 1}}]",
        "faults: [{than: {status: 500}}]",
        "jobs: [{than: {seconds: 1}}]",
        "webhooks: {faults: [{than: {webhook: duplicate}}]}",
        "faults: [{then: {status: 500, headers: {Content-Length: '3'}}}]",
    ],
)
def test_no_finding_follows_from_another_one(defaults: ScenarioDefaults, text: str) -> None:
    [finding] = findings(defaults, text)

    assert finding.startswith("f.yaml:1:")


def test_a_name_that_nothing_has_is_found_beside_what_is_wrong_below_it(defaults: ScenarioDefaults) -> None:
    text = "models: {override: {image/nope/nope: {hosting: kraa}}}"

    assert [line.split(": ")[0] for line in findings(defaults, text)] == ["f.yaml:1:21", "f.yaml:1:48"]


@pytest.mark.parametrize(
    "text",
    [
        "steps: [{request: {path: /jobs, key: nobodys, status: 401}}]",
        "steps: [{request: {path: /jobs, key: mk_zed:dev}}]",
        "faults: [{when: {key: mk_zed:dev}, then: {status: 500}}]",
    ],
)
def test_a_key_may_be_another_worlds_or_anything_that_must_be_refused(
    defaults: ScenarioDefaults, text: str
) -> None:
    assert read_scenario({"f.yaml": text}, defaults)


def in_list(part: str, wrong: object) -> Callable[[Tree], None]:
    """The mutation that adds something wrong to a list."""
    return lambda tree: tree.update({part: [*tree.get(part, []), wrong]})


def in_mapping(part: str, **wrong: object) -> Callable[[Tree], None]:
    """The mutation that adds something wrong to a mapping."""
    return lambda tree: tree.update({part: {**tree.get(part, {}), **wrong}})


def in_workspaces(tree: Tree) -> None:
    """Where a scenario names no workspaces they stay those of the fresh world."""
    listed = tree.get("workspaces") or [{"id": "studio"}, {"id": "ada-personal"}, {"id": "lin-personal"}]
    tree["workspaces"] = [{**listed[0], "plan": "proo"}, *listed[1:]]


def in_models(tree: Tree) -> None:
    override = tree.get("models", {}).get("override", {})
    in_mapping("models", override={**override, "image/nope/nope": {"usd": 1}})(tree)


# What is put into a scenario, by the one finding that must follow.
MUTATIONS: Mapping[str, Callable[[Tree], None]] = {
    'unknown key "sede"; did you mean "seed"?': lambda tree: tree.update(sede=1),
    "mode must be one of real, frozen": in_mapping("clock", mode="on"),
    'unknown key "sped"; did you mean "speed"?': in_mapping("settings", sped=2),
    "plan must be one of free, pro, enterprise": in_workspaces,
    'there is no model "image/nope/nope"': in_models,
    "seconds must be a number of seconds": in_list("jobs", {"then": {"seconds": "8s"}}),
    "tool must be the name of an MCP tool": in_list(
        "faults", {"when": {"tool": "generte"}, "then": {"status": 500}}
    ),
    "receiver must be a list; it is 200.": in_mapping("webhooks", receiver=200),
    'unknown key "auto_aprove"; did you mean "auto_approve"?': in_mapping("oauth", auto_aprove="default"),
    'no submit above names a job "nobody"': in_list("steps", {"poll": "nobody"}),
    'there is no model "vidoe/**"': in_list("expect", {"jobs": {"model": "vidoe/**"}}),
}


@pytest.mark.parametrize("path", ready_made(), ids=lambda path: path.stem)
def test_any_two_mistakes_in_a_ready_made_scenario_are_both_found_and_nothing_else(
    path: Path, defaults: ScenarioDefaults
) -> None:
    tree = read_text(path.read_bytes(), path.name, []).plain()
    assert isinstance(tree, dict)
    for (first, spoil), (second, spoil_too) in combinations(MUTATIONS.items(), 2):
        spoilt = dict(tree)
        spoil(spoilt)
        spoil_too(spoilt)

        found = findings(defaults, orjson.dumps(spoilt))

        assert len(found) == 2, found
        assert all(any(mistake in line for line in found) for mistake in (first, second)), found
