"""Matchers that nothing can match are told what they probably meant."""

from __future__ import annotations

import pytest

from mockkrea.adapters.mcp.tools import all_tools
from mockkrea.core.errors import InvalidChange, InvalidRule
from mockkrea.core.meant import BEGINNINGS, TOOLS, TOOLS_OF_MODELS, mistake_in_path, mistake_in_tool
from mockkrea.core.rule_reading import read_fault
from mockkrea.scenario.reading import read_question
from tests.asking import Json, Krea


def test_the_tables_are_those_of_the_routes_and_the_tools(krea: Krea) -> None:
    assert {route[1:].partition("/")[0] for route in krea.app.routes} == set(BEGINNINGS)
    tools = {tool.name: tool.arguments["properties"] for tool in all_tools()}
    assert set(tools) == set(TOOLS)
    with_models = {name for name, fields in tools.items() if fields.keys() & {"model", "nodeAppVersionId"}}
    assert with_models == set(TOOLS_OF_MODELS)


@pytest.mark.parametrize("glob", ["/generate/**", "/jobs/*", "**", "*/jobs", "/*/image/**", "/gen*/**"])
def test_a_path_that_there_can_be_is_no_mistake(glob: str) -> None:
    assert mistake_in_path(glob) == ""


@pytest.mark.parametrize(
    ("glob", "hint"),
    [("generate", "/generate"), ("/generat/**", "did you mean /generate?"), ("/x/y", "no path")],
)
def test_a_path_that_there_cannot_be_is_a_mistake(glob: str, hint: str) -> None:
    assert hint in mistake_in_path(glob)


def test_a_tool_that_is_not_there_is_a_mistake() -> None:
    assert mistake_in_tool("generte") == "did you mean generate?"
    assert mistake_in_tool("generate*") == ""


@pytest.mark.parametrize(
    "rule",
    [
        {"when": {"path": "generate"}, "then": {"status": 500}},
        {"when": {"path": "/generat/**"}, "then": {"status": 500}},
        {"when": {"tool": "generte"}, "then": {"status": 500}},
        {"when": {"adapter": "mcp"}, "then": {"job_status": "queued"}},
    ],
)
def test_a_rule_that_can_never_fire_is_refused(rule: Json) -> None:
    with pytest.raises(InvalidRule):
        read_fault(rule)


@pytest.mark.parametrize(
    "question",
    [
        {"match": {"path": "generate"}, "none": True},
        {"match": {"tool": "generte"}},
        {"in_order": [{"path": "/jobs"}], "times": 2},
    ],
)
def test_a_question_that_can_only_have_one_answer_is_refused(question: Json) -> None:
    with pytest.raises(InvalidChange):
        read_question(question)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ({"model": "image/bfl/flux-1-dv"}, 'there is no model "image/bfl/flux-1-dv"; did you mean'),
        ({"workspace": "nobody"}, 'there is no workspace "nobody"'),
        ({"key": "mockkrea:dve"}, 'no workspace has the token "mockkrea:dve"; did you mean "mockkrea:dev"?'),
    ],
)
@pytest.mark.parametrize("call", ["faults", "next-error"])
def test_a_running_world_refuses_a_rule_about_what_it_does_not_have(
    krea: Krea, call: str, when: Json, message: str
) -> None:
    then = {"status": 503}

    refused = krea.ask_control(call, {"when": when, **({"then": then} if call == "faults" else then)})

    assert refused.status_code == 422
    assert message in refused.json()["detail"]
    assert krea.control("faults")["items"] == []


@pytest.mark.parametrize("key", ["mockkrea:dev", "mk_default:dev", "somebody-elses"])
def test_a_rule_may_be_about_any_key_that_is_not_ours_misspelt(krea: Krea, key: str) -> None:
    assert krea.control("faults", {"when": {"key": key}, "then": {"status": 503}})["id"]


@pytest.mark.parametrize("model", ["image/bfl/*", "styles/train/flux", "node-apps/anything"])
def test_a_rule_may_be_about_anything_that_makes_jobs(krea: Krea, model: str) -> None:
    assert krea.control("faults", {"when": {"model": model}, "then": {"status": 503}})["id"]


@pytest.mark.parametrize("in_order", [False, True])
def test_a_model_that_is_not_there_makes_no_verification_vacuous(krea: Krea, in_order: bool) -> None:
    wrong = {"model": "image/bfl/flux-1-dv"}
    question = {"in_order": [wrong]} if in_order else {"match": wrong, "none": True}

    refused = krea.ask_control("requests/verify", question)

    assert refused.status_code == 422
    assert refused.json()["detail"].startswith('There is no model "image/bfl/flux-1-dv"; did you mean')


def test_a_running_world_lets_nobody_be_approved_for_a_workspace_that_it_does_not_have(krea: Krea) -> None:
    refused = krea.ask("PATCH", "/__mockkrea/settings", key=None, json={"auto_approve": "nowhere"})

    assert refused.status_code == 422
    assert 'auto_approve: there is no workspace "nowhere"; known: ada-personal' in refused.json()["detail"]
    assert krea.control("settings")["auto_approve"] == "off"
