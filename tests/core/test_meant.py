"""Matchers that nothing can match are told what they probably meant."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockkrea.adapters.mcp.tools import all_tools
from mockkrea.core.errors import InvalidChange, InvalidRule
from mockkrea.core.globs import fits
from mockkrea.core.matching import TRAIN_PATH, Adapter, adapter_at, app_model, training_model
from mockkrea.core.meant import contradictions
from mockkrea.core.paths import ROUTES, mistake_in_method, mistake_in_path, mistake_in_path_of_model
from mockkrea.core.rule_reading import read_fault
from mockkrea.core.tools import TOOLS, TOOLS_OF_MODELS, Tools, mistake_in_profile, mistake_in_tool
from mockkrea.data import Fixtures
from mockkrea.scenario.reading import read_question
from tests.asking import TIMELESS, Json, Krea


def test_the_tables_are_those_of_the_routes_and_the_tools(krea: Krea) -> None:
    served = {
        re.sub(r"{\w+}", "?*", re.sub(r"{\w+\.\.\.}", "?**", route)): set(methods)
        for route, methods in krea.app.routes.items()
    }
    assert served == {route: set(methods) for route, methods in ROUTES.items()}
    assert {tool.name: tool.profiles for tool in all_tools()} == TOOLS
    tools = {tool.name: tool.arguments["properties"] for tool in all_tools()}
    with_models = {name for name, fields in tools.items() if fields.keys() & {"model", "nodeAppVersionId"}}
    assert with_models == set(TOOLS_OF_MODELS)


@pytest.mark.parametrize("glob", ["/generate/**", "/jobs/*", "**", "*/jobs", "/*/image/**", "/gen*/**"])
def test_a_path_that_there_can_be_is_no_mistake(glob: str) -> None:
    assert mistake_in_path(glob) == ""


@pytest.mark.parametrize(
    ("glob", "hint"),
    [
        ("generate", "/generate"),
        ("/generat/**", "did you mean /generate/**?"),
        ("/generate", "did you mean /generate/**?"),
        ("/generat/*/bfl/**", "did you mean /generate/*/bfl/**?"),
        ("/job/*", "did you mean /jobs/*?"),
        ("/jobs/", "did you mean /jobs?"),
        ("/node-apps/x/exectue", "did you mean /node-apps/x/execute?"),
        ("/jobs/x/y", "there are /jobs, /jobs/*"),
        ("/v1/jobs", "no path begins so"),
        ("/x/y", "no path begins so"),
    ],
)
def test_a_path_that_there_cannot_be_is_a_mistake(glob: str, hint: str) -> None:
    assert hint in mistake_in_path(glob)


@pytest.mark.parametrize("glob", ["/generate**flux*", "/job**/x", "/**e/**"])
def test_two_stars_may_reach_beyond_the_first_part(glob: str) -> None:
    assert mistake_in_path(glob) == ""


def test_a_tool_that_is_not_there_is_a_mistake() -> None:
    assert mistake_in_tool("generte") == "did you mean generate of the profile documented?"
    assert mistake_in_tool("generate_imag") == "did you mean generate_image of the profile live?"
    assert mistake_in_tool("get_jbo") == "did you mean get_job?"
    assert mistake_in_tool("generate*") == ""


@pytest.mark.parametrize(
    ("method", "path", "adapters", "why"),
    [
        ("POST", "/jobs", (), "method contradicts path: /jobs, which is served for GET and HEAD."),
        ("GET", "/generate/**", (), "method contradicts path: /generate/**, which is served for POST."),
        ("GET", "/styles/train", (), "method contradicts path: /styles/train"),
        ("PUT", "/**", ("rest",), "method contradicts path: /**"),
        ("POST", None, ("files",), "method contradicts adapter: files, which is served for GET and HEAD."),
        ("HEAD", "/jobs", (), ""),
        ("PUT", "/**", (), ""),
        ("POST", "/v1/jobs", (), ""),
    ],
)
def test_a_method_for_which_no_such_path_is_served_is_a_mistake(
    method: str, path: str | None, adapters: tuple[str, ...], why: str
) -> None:
    assert mistake_in_method(method, path, adapters).startswith(why)
    assert bool(mistake_in_method(method, path, adapters)) is bool(why)


MODELS = ["image/bfl/flux-1-dev", "video/google/veo-3.1"]


@pytest.mark.parametrize(
    ("glob", "why"),
    [
        (
            "/generate/image/bfl/flux-1-dv",
            'no model "image/bfl/flux-1-dv"; did you mean "image/bfl/flux-1-dev"?',
        ),
        (
            "/generate/image/bfl/flux-1-dev/x",
            'no model "image/bfl/flux-1-dev/x"; did you mean "image/bfl/flux-1-',
        ),
        ("/generate/audio/**", 'there is no model "audio/**"'),
        ("/generate/image/*", "did you mean /generate/image/**?"),
    ],
)
def test_a_path_of_a_model_that_there_is_not_is_a_mistake(glob: str, why: str) -> None:
    assert mistake_in_path(glob) == ""
    assert why in mistake_in_path_of_model(glob, MODELS)


@pytest.mark.parametrize(
    "glob", ["/generate/**", "/generate/image/*/flux*", "/jobs/*", "**/flux-1-dv", "/g**"]
)
def test_a_path_that_may_be_a_models_or_anothers_is_no_mistake(glob: str) -> None:
    assert mistake_in_path_of_model(glob, MODELS) == ""


def test_a_tool_of_another_profile_is_a_mistake_that_says_which_profile_has_it() -> None:
    mistake = mistake_in_profile("generate_image", Tools.DOCUMENTED)

    assert mistake == (
        'the tools of the profile documented do not include "generate_image"; the setting tools: live has it.'
    )
    assert "tools: documented has it" in mistake_in_profile("upload_asset", Tools.LIVE)
    assert mistake_in_profile("generate*", Tools.DOCUMENTED) == ""
    assert not [tool for tool in TOOLS if mistake_in_profile(tool, Tools.ALL)]


@pytest.mark.parametrize(
    "rule",
    [
        {"when": {"path": "/generate"}, "then": {"status": 500}},
        {"when": {"path": "/jobs", "method": "POST"}, "then": {"status": 500}},
        {"when": {"path": "/generate/**", "method": "GET"}, "then": {"status": 500}},
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
        ({"path": "/jobs/*", "model": "**"}, "path: /jobs/*; only requests for"),
        ({"path": "/*/*/execute", "adapter": "rest", "model": "image/x"}, "path: /*/*/execute; requests for"),
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


def test_no_glob_that_a_served_request_fits_is_a_mistake(krea: Krea, fixtures: Fixtures) -> None:
    """Paths of all routes with their methods, and of all models."""
    models = [each.id for each in fixtures.catalogue.models]
    asked = [
        (re.sub(r"{.*?}", "some-1", route), method)
        for route, methods in krea.app.routes.items()
        for method in [*methods, *(["HEAD"] if "GET" in methods else [])]
        if route not in ("/health", "/generate/{model...}")
    ]
    asked += [(f"/generate/{model}", "POST") for model in models]

    @settings(TIMELESS, max_examples=500)
    @given(st.data())
    def is_no_mistake(data: st.DataObject) -> None:
        path, method = data.draw(st.sampled_from(asked))
        glob = data.draw(globs(path))
        adapters = data.draw(st.sampled_from([(), (adapter_at(path),)]))
        assert fits(glob, path)

        assert mistake_in_path(glob) == ""
        assert mistake_in_path_of_model(glob, models) == ""
        assert mistake_in_method(method, glob, adapters) == ""
        assert mistake_in_method(method, None, adapters) == ""

    is_no_mistake()


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
        {"match": {"path": "/generate"}},
        {"match": {"path": "/jobs", "method": "POST"}},
        {"in_order": [{"path": "/generate/**", "method": "GET"}]},
    ],
)
def test_a_question_that_can_only_have_one_answer_is_refused(question: Json) -> None:
    with pytest.raises(InvalidChange):
        read_question(question)


@pytest.mark.parametrize(
    "match",
    [
        {"path": "/generate"},
        {"path": "/generate/image/bfl/flux-1-dv"},
        {"path": "/jobs", "method": "POST"},
        {"path": "/v1/x", "adapter": "rest"},
        {"path": "/mcp/x", "adapter": "mcp"},
        {"tool": "generate_image"},
    ],
)
def test_what_is_not_served_may_be_what_must_not_be_asked_for(krea: Krea, match: Json) -> None:
    expected = krea.ask_control("requests/verify", {"match": match})
    forbidden = [
        krea.ask_control("requests/verify", {"match": match, **none})
        for none in ({"none": True}, {"times": 0})
    ]

    assert expected.status_code == 422
    assert [each.status_code for each in forbidden] == [200, 200]


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ({"model": "image/bfl/flux-1-dv"}, 'there is no model "image/bfl/flux-1-dv"; did you mean'),
        ({"path": "/generate/image/bfl/flux-1-dv"}, 'there is no model "image/bfl/flux-1-dv"; did you mean'),
        ({"tool": "generate_image"}, "the setting tools: live has it"),
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


def test_a_rule_about_a_tool_is_taken_by_a_world_that_has_it(krea: Krea) -> None:
    krea.ask("PATCH", "/__mockkrea/settings", key=None, json={"tools": "live"})

    assert krea.control("faults", {"when": {"tool": "generate_image"}, "then": {"status": 503}})["id"]
    assert (
        krea.ask_control("faults", {"when": {"tool": "generate"}, "then": {"status": 503}}).status_code == 422
    )


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
