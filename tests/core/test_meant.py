"""Matchers that nothing can match are told what they probably meant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockkrea.adapters.mcp.tools import all_tools
from mockkrea.core.errors import InvalidChange, InvalidRule
from mockkrea.core.globs import fits
from mockkrea.core.matching import TRAIN_PATH, Adapter, adapter_at, app_model, training_model
from mockkrea.core.meant import (
    BEGINNINGS,
    TOOLS,
    TOOLS_OF_MODELS,
    contradictions,
    mistake_in_path,
    mistake_in_tool,
)
from mockkrea.core.rule_reading import read_fault
from mockkrea.data import Fixtures
from mockkrea.scenario.reading import read_question
from tests.asking import TIMELESS, Json, Krea


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


@pytest.mark.parametrize("glob", ["/generate**flux*", "/mc**/x", "/**e/**"])
def test_two_stars_may_reach_beyond_the_first_part(glob: str) -> None:
    assert mistake_in_path(glob) == ""


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
    ("when", "why"),
    [
        ({"path": "/generate/video/**", "model": "image/**"}, "path: /generate/video/**"),
        ({"path": "/generate/*/bfl/**", "model": "image/google/*"}, "path: /generate/*/bfl/**"),
        ({"path": "/generate/image/bfl/flux-1-dev", "model": "image/bfl/flux-1-dev/*"}, "path: /generate"),
        ({"path": "/styles/train", "model": "image/**"}, "path: /styles/train"),
        ({"path": "/node-apps/*/execute", "model": "image/**"}, "path: /node-apps/*/execute"),
        ({"path": "/jobs/*/execute", "model": "**"}, "path: /jobs/*/execute; only requests for"),
        ({"path": "/node-apps/a/execute", "model": "node-apps/b"}, "path: /node-apps/a/execute"),
        ({"path": "/*", "adapter": "rest", "model": "image/**"}, "path: /*"),
        ({"tool": "create_style", "model": "image/**"}, "tool: create_style, which is called for others"),
        ({"tool": "execute_node_app", "model": "styles/train/*"}, "tool: execute_node_app"),
    ],
)
def test_a_model_that_a_path_or_a_tool_is_never_for_contradicts_it(when: Json, why: str) -> None:
    with pytest.raises(InvalidRule) as rule:
        read_fault({"when": when, "then": {"status": 500}})
    with pytest.raises(InvalidChange) as question:
        read_question({"match": when})

    assert f"/when/model: model contradicts {why}" in str(rule.value)
    assert f"/match/model: model contradicts {why}" in str(question.value)


@st.composite
def globs(draw: st.DrawFn, text: str) -> str:
    """A glob that this text fits."""
    parts = text.split("/")
    kept = draw(st.integers(0, len(parts)))
    wild = [draw(st.sampled_from([part, "*", f"{part[:2]}*", "?" * len(part)])) for part in parts[:kept]]
    return "/".join([*wild, *(["**"] if kept < len(parts) else [])])


def test_no_two_globs_contradict_each_other_that_a_real_request_fits(fixtures: Fixtures) -> None:
    """`path`, `tool` and `model` of every request that there can be for a model of the catalogue."""
    models = [each.id for each in fixtures.catalogue.models]
    others = [training_model("flux"), app_model("some-version")]
    asked: list[tuple[str, str | None, str]] = [(f"/generate/{model}", None, model) for model in models]
    asked += [(TRAIN_PATH, None, others[0]), ("/node-apps/some-version/execute", None, others[1])]
    tools = [("create_style", others[0]), ("execute_node_app", others[1]), ("generate_image", models[0])]
    asked += [("/mcp", tool, model) for tool, model in [*tools, *(("generate", each) for each in models)]]

    @settings(TIMELESS, max_examples=500)
    @given(st.data())
    def says_nothing_of_what_can_be(data: st.DataObject) -> None:
        path, tool, model = data.draw(st.sampled_from(asked))
        adapters = data.draw(st.sampled_from([(), (adapter_at(path),), tuple(Adapter)]))
        path_glob, model_glob = data.draw(globs(path)), data.draw(globs(model))
        named_tool = data.draw(st.sampled_from([None, tool]))
        assert fits(path_glob, path)
        assert fits(model_glob, model)

        assert not [*contradictions(adapters=adapters, path=path_glob, tool=named_tool, model=model_glob)]

    says_nothing_of_what_can_be()


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
