"""Which tools there are in each profile, and what is told of them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from mockkrea.settings import Settings
from tests.asking import FLUX, KREA_2, Json, MakeKrea
from tests.contract.requirements import requirement
from tests.mcp.speaking import Era, Speaker, refusal_in

RECORDED = Path(__file__).parents[3] / "shared/reference/krea-mcp-tools-2026-10.json"

PAGE = {
    "list_models",
    "get_model_schema",
    "generate",
    "execute_node_app",
    "get_job",
    "cancel_job",
    "get_upload_url",
    "upload_asset",
}
GENERATIONS = {"generate_image", "generate_video", "generate_audio", "generate_3d", "enhance_image"}
LIBRARY = {f"{act}_{thing}" for act in ("create", "update", "delete") for thing in ("style", "moodboard")}
LIVE = (
    PAGE - {"generate", "upload_asset"}
    | GENERATIONS
    | LIBRARY
    | {"list_styles", "list_moodboards", "get_node_apps", "get_node_app_versions"}
)

# Recorded, and left out: nobody has seen what they answer.
LEFT_OUT = {"show_plans", "start_free_trial", "get_prompting_guide", "list_node_types"}


def with_tools(make_krea: MakeKrea, tools: str, era: Era = Era.HANDSHAKE) -> Speaker:
    return Speaker(make_krea(Settings().having({"tools": tools})), era)


@requirement("mcp:tools:documented")
def test_by_default_there_are_exactly_the_tools_of_kreas_page(speaker: Speaker) -> None:
    assert {tool["name"] for tool in speaker.tools()} == PAGE


@requirement("mcp:tools:live")
def test_the_live_profile_has_the_recorded_tools_that_make_sense_offline(make_krea: MakeKrea) -> None:
    assert {tool["name"] for tool in with_tools(make_krea, "live").tools()} == LIVE


def test_the_profile_all_has_the_tools_of_both_others(make_krea: MakeKrea) -> None:
    assert {tool["name"] for tool in with_tools(make_krea, "all").tools()} == PAGE | LIVE


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded tool schemas are not here")
def test_arguments_have_the_recorded_names_types_and_bounds(make_krea: MakeKrea) -> None:
    ours = {tool["name"]: tool for tool in with_tools(make_krea, "live").tools()}
    recorded = {tool["name"]: tool for tool in json.loads(RECORDED.read_text(encoding="utf-8"))}

    assert recorded.keys() - ours.keys() == LEFT_OUT
    for name, tool in ours.items():
        assert bare(tool["inputSchema"]) == bare(recorded[name]["inputSchema"]), name


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded tool schemas are not here")
def test_results_have_the_recorded_keys(make_krea: MakeKrea) -> None:
    ours = {tool["name"]: tool for tool in with_tools(make_krea, "live").tools()}
    with_results = [
        tool for tool in json.loads(RECORDED.read_text(encoding="utf-8")) if "outputSchema" in tool
    ]

    assert with_results
    for tool in with_results:
        mine, theirs = ours[tool["name"]]["outputSchema"], tool["outputSchema"]
        assert mine["properties"].keys() == theirs["properties"].keys(), tool["name"]
        assert mine["required"] == theirs["required"], tool["name"]


def bare(schema: Json) -> Json:
    """A schema without its words, and without what says nothing."""
    said = {
        key: {name: bare(part) for name, part in value.items()}
        if key == "properties"
        else (sorted(value) if key in ("enum", "required") else value)
        for key, value in schema.items()
        if key not in ("$schema", "description", "propertyNames", "additionalProperties")
    }
    return said | ({"items": bare(schema["items"])} if "items" in schema else {})


@pytest.mark.parametrize("era", list(Era))
def test_every_tool_has_a_title_a_description_annotations_and_schemas_that_compile(
    make_krea: MakeKrea, era: Era
) -> None:
    for tool in with_tools(make_krea, "all", era).tools():
        assert tool["title"] and tool["description"].endswith("."), tool["name"]
        assert "readOnlyHint" in tool["annotations"]
        for schema in (tool["inputSchema"], tool["outputSchema"]):
            assert schema["type"] == "object"
            jsonschema_rs.validator_for(schema)


@requirement("mcp:refusals")
def test_a_refusal_of_any_tool_is_text_alone_which_no_schema_of_results_is_about(make_krea: MakeKrea) -> None:
    speaker = with_tools(make_krea, "all")
    tools = speaker.tools()
    speaker.krea.control("faults", {"when": {"adapter": "mcp"}, "then": {"status": 503}})

    for tool in tools:
        assert "outputSchema" in tool
        assert refusal_in(speaker.result(tool["name"]))["status"] == 503


def test_wrong_arguments_of_any_tool_are_told_in_text_alone(make_krea: MakeKrea) -> None:
    speaker = with_tools(make_krea, "all")
    with_arguments = [tool for tool in speaker.tools() if tool["inputSchema"]["properties"]]

    for tool in with_arguments:
        wrong: Json = {name: [{}] for name in tool["inputSchema"]["properties"]}
        assert speaker.refused(tool["name"], **wrong)["status"] == 422


@requirement("mcp:model-ids")
def test_ids_are_listed_with_their_category_and_without_it_in_the_live_profile(make_krea: MakeKrea) -> None:
    for tools, listed in (("documented", KREA_2), ("all", KREA_2), ("live", "krea/krea-2/medium")):
        speaker = with_tools(make_krea, tools)
        models = speaker.call("list_models", category="image")["models"]
        assert models[0]["id"] == listed
        assert speaker.call("get_model_schema", model=listed)["model"] == listed


@requirement("mcp:list-models")
def test_models_are_listed_with_what_they_are_all_of_them_or_one_category(speaker: Speaker) -> None:
    models = speaker.krea.tenant.catalogue.models

    listed = speaker.call("list_models")["models"]
    enhancers = speaker.call("list_models", category="enhance")["models"]

    assert [each["id"] for each in listed] == [model.id for model in models]
    assert [each["id"] for each in enhancers] == [each.id for each in models if each.category == "enhance"]
    for each in listed:
        assert each["category"] == each["id"].partition("/")[0]
        assert each["name"] and each["description"]


@requirement("mcp:model-schema")
def test_a_models_schema_is_the_one_that_its_input_is_judged_by(speaker: Speaker) -> None:
    for model in speaker.krea.tenant.catalogue.models:
        answer = speaker.call("get_model_schema", model=model.id)

        assert answer["inputSchema"] == model.input_schema
        assert answer["endpointPath"] == f"/generate/{model.id}"
        assert answer["outputSchemas"]["200"]["content"]["application/json"]["schema"]["required"]


@requirement("mcp:model-ids")
def test_a_model_is_known_with_and_without_its_category(speaker: Speaker) -> None:
    for model in (FLUX, FLUX.removeprefix("image/")):
        assert speaker.call("get_model_schema", model=model)["model"] == FLUX
        assert speaker.call("generate", model=model, input={"prompt": "x"})["job"]["type"] == "flux"


@pytest.mark.parametrize("profile", ["live", "all"])
def test_a_tool_for_one_category_names_the_tool_for_the_other(make_krea: MakeKrea, profile: str) -> None:
    speaker = with_tools(make_krea, profile)

    job = speaker.call("generate_image", model="bfl/flux-1-dev", input={"prompt": "x"})
    refusal = speaker.refused("generate_video", model="bfl/flux-1-dev", input={"prompt": "x"})

    assert job["job"]["type"] == "flux"
    assert refusal["status"] == 422
    assert "generate_image" in refusal["response"]["message"]
    assert "get_model_schema" not in refusal["response"]["message"]
