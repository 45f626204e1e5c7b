"""Node apps, styles and moodboards over MCP, and the same things over REST."""

from __future__ import annotations

import pytest

from mockkrea.settings import Settings
from tests.asking import ADA, KREA_2, KREA_2_BODY, URL, Json, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.mcp.speaking import Era, Speaker

POSTER = "5b1f0f3e-2c57-4f0a-9d3b-7a4c1f6e8b01"
POSTER_VERSION = "5b1f0f3e-2c57-4f0a-9d3b-7a4c1f6e8b12"
STORYBOARD_VERSION = "3f60b2d8-7e14-4a95-b6c0-c81d9e2f4a14"
POSTER_INPUT = {"headline": "Fog", "prompt": "a lighthouse"}
PICTURES = [f"https://example.com/{number}.png" for number in range(3)]


@pytest.fixture(params=list(Era))
def everything(make_krea: MakeKrea, request: pytest.FixtureRequest) -> Speaker:
    """A client of each era, of a mock with all tools."""
    return Speaker(make_krea(Settings().having({"tools": "all"})), request.param)


def done(krea: Krea, job_id: str) -> Json:
    krea.clock("run_until", until=job_id)
    return krea.job(job_id)


@requirement("mcp:node-app")
def test_a_node_app_is_run_by_its_version_and_answers_like_a_generation(speaker: Speaker) -> None:
    content = speaker.call("execute_node_app", nodeAppVersionId=POSTER_VERSION, input=POSTER_INPUT)

    assert content["job_id"] == content["job"]["job_id"]
    assert content["job"]["type"] == "node-app"
    assert "jobs" not in content
    assert list(done(speaker.krea, content["job_id"])["result"]["urls"]) == ["poster"]
    assert speaker.call("get_job", jobId=content["job_id"]) == speaker.krea.job(content["job_id"])


def test_a_node_app_that_makes_several_jobs_shows_the_first_and_all_of_them(speaker: Speaker) -> None:
    content = speaker.call(
        "execute_node_app", nodeAppVersionId=STORYBOARD_VERSION, input={"prompt": "x", "frames": 3}
    )

    assert len(content["jobs"]) == 3
    assert content["jobs"][0] == content["job"]
    assert {job["job_id"] for job in content["jobs"]} == set(speaker.krea.listed())


def test_a_sync_run_waits_for_all_jobs(make_krea: MakeKrea) -> None:
    speaker = Speaker(make_krea(Settings().having({"progression": "immediate"})))

    content = speaker.call(
        "execute_node_app", nodeAppVersionId=STORYBOARD_VERSION, input={"prompt": "x"}, sync=True
    )

    assert content["completed"] is True
    assert [job["status"] for job in content["jobs"]] == ["completed"] * 3


@pytest.mark.parametrize(
    ("version", "input", "status", "word"),
    [
        ("nothing", {}, 404, "Node app version not found"),
        (POSTER_VERSION, {"headlin": "Fog", "prompt": "x"}, 422, "did you mean headline?"),
    ],
)
def test_a_run_that_cannot_be_is_refused_as_by_rest(
    speaker: Speaker, version: str, input: Json, status: int, word: str
) -> None:
    refusal = speaker.refused("execute_node_app", nodeAppVersionId=version, input=input)
    rest = speaker.krea.ask("POST", f"/node-apps/{version}/execute", json=input)

    assert (refusal["status"], rest.status_code) == (status, status)
    assert word in refusal["response"]["message"]
    assert refusal["response"]["message"] == rest.json()["message"]


def test_a_workspace_without_balance_cannot_run_a_node_app(speaker: Speaker) -> None:
    speaker.krea.control(f"workspaces/{ADA}/balance", {"usd": 0})

    refusal = speaker.refused("execute_node_app", nodeAppVersionId=POSTER_VERSION, input=POSTER_INPUT)

    assert refusal["status"] == 402


@requirement("mcp:library")
def test_node_apps_and_their_versions_are_listed_as_by_rest(everything: Speaker) -> None:
    krea = everything.krea

    for tool, arguments, path in (
        ("get_node_apps", {}, "/node-apps"),
        ("get_node_apps", {"limit": 2}, "/node-apps?limit=2"),
        ("get_node_apps", {"owner": "workspace"}, "/node-apps?owner=workspace"),
        ("get_node_app_versions", {"nodeAppId": POSTER}, f"/node-apps/{POSTER}/versions"),
    ):
        assert everything.call(tool, **arguments) == krea.get(path).json()
    first = everything.call("get_node_apps", limit=2)
    rest = everything.call("get_node_apps", cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == krea.get("/node-apps").json()["items"]


@requirement("mcp:library")
def test_a_style_is_trained_listed_renamed_and_deleted(everything: Speaker) -> None:
    krea = everything.krea
    submitted = everything.call("create_style", name="Fog", images=PICTURES, model="flux_dev")
    style_id = done(krea, submitted["job_id"])["result"]["style_id"]

    renamed = everything.call("update_style", id=style_id, title="Mist")
    listed = everything.call("list_styles")["items"]

    assert submitted["job"]["type"] == "loraTraining"
    assert renamed["title"] == "Mist"
    assert renamed == next(each for each in listed if each["id"] == style_id)
    assert listed == krea.get("/styles?limit=1000").json()["items"]
    assert everything.call("delete_style", id=style_id) == {"id": style_id, "deleted": True}
    assert krea.get(f"/styles/{style_id}").status_code == 404


def test_a_training_that_cannot_be_is_refused_by_the_names_of_the_tools_arguments(
    everything: Speaker,
) -> None:
    refusal = everything.refused("create_style", name="Fog", images=PICTURES[:1], model="k2")

    paths = [issue["path"] for issue in refusal["response"]["issues"]]
    assert refusal["status"] == 422
    assert set(paths) == {"/model", "/images"}
    assert "/urls" not in refusal["response"]["message"]


def test_a_training_names_no_schema_of_a_model_that_has_none(everything: Speaker) -> None:
    refusal = everything.refused("create_style", name="Fog", images=PICTURES[:1], model="flux_dev")

    assert [issue["path"] for issue in refusal["response"]["issues"]] == ["/images"]
    assert "get_model_schema" not in refusal["response"]["message"]


def test_pictures_that_cannot_be_used_are_named_by_the_tools_argument_too(everything: Speaker) -> None:
    missing = f"{URL}/files/uploads/none.png"

    refusal = everything.refused("create_style", name="Fog", images=[*PICTURES, missing], model="flux_dev")

    [issue] = refusal["response"]["issues"]
    assert issue["path"] == f"/images/{len(PICTURES)}"
    assert refusal["response"]["message"].startswith(f"Invalid asset URL: /images/{len(PICTURES)} names ")


@requirement("mcp:library")
def test_a_moodboard_is_made_used_renamed_and_deleted(everything: Speaker) -> None:
    made = everything.call("create_moodboard", images=PICTURES, name="Harbour")
    moodboard_id = made["id"]

    job = everything.call(
        "generate", model=KREA_2, input={**KREA_2_BODY, "moodboards": [{"id": moodboard_id}]}
    )
    renamed = everything.call("update_moodboard", id=moodboard_id, name="Fog")

    assert job["job"]["status"] == "queued"
    assert made["images"] == PICTURES
    assert renamed == {**made, "name": "Fog"}
    assert everything.call("list_moodboards")["items"][0] == renamed
    assert everything.call("delete_moodboard", id=moodboard_id) == {"id": moodboard_id, "deleted": True}
    assert everything.refused("delete_moodboard", id=moodboard_id)["status"] == 404


def test_a_moodboard_keeps_the_path_of_our_own_file_and_no_bytes(everything: Speaker) -> None:
    job_id = everything.krea.submit()
    [url] = done(everything.krea, job_id)["result"]["urls"]

    assert everything.call("create_moodboard", images=[url])["images"] == [url]
    assert b"127.0.0.1" not in everything.krea.state()
    refusal = everything.refused("create_moodboard", images=["data:image/png;base64,AAAA"])
    assert refusal["response"]["issues"][0]["path"] == "/images/0"
