"""The widget of MCP Apps as a client finds it, and what it is told of jobs."""

from __future__ import annotations

import re

import pytest

from mockkrea.adapters import pages
from mockkrea.core.jobs import Progression
from mockkrea.settings import Settings
from tests.asking import FLUX, KREA_2, KREA_2_BODY, Json, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.mcp.speaking import Speaker
from tests.media import samples

URI = "ui://krea-public-api/job-result-frame"
ENHANCE = "enhance/krea/enhance"
ENHANCE_VIDEO = "enhance/black-forest-labs/flux-video-upscale"
STORYBOARD = "3f60b2d8-7e14-4a95-b6c0-c81d9e2f4a14"


def facts_in(result: Json) -> Json:
    """What is told of the one job of a result."""
    [facts] = result["_meta"]["mockkrea/jobs"].values()
    return facts


@requirement("mcp:widget")
def test_generation_and_node_app_tools_point_at_the_widget_and_no_others(make_krea: MakeKrea) -> None:
    tools = Speaker(make_krea(Settings().having({"tools": "all"}))).tools()

    pointing = {tool["name"]: tool["_meta"] for tool in tools if "_meta" in tool}

    generations = {"generate_image", "generate_video", "generate_audio", "generate_3d", "enhance_image"}
    assert pointing.keys() == generations | {"generate", "execute_node_app"}
    for meta in pointing.values():
        assert meta == {"ui": {"resourceUri": URI}, "ui/resourceUri": URI}


@requirement("mcp:widget")
def test_the_widget_is_the_one_resource_and_an_app_of_html(speaker: Speaker) -> None:
    [listed] = speaker.ask("resources/list")["resources"]
    [read] = speaker.ask("resources/read", uri=URI)["contents"]

    for each in (listed, read):
        assert (each["uri"], each["mimeType"]) == (URI, "text/html;profile=mcp-app")
        assert each["_meta"]["ui"]["prefersBorder"] is False
    assert read["text"].startswith("<!doctype html>")
    assert len(read["text"].encode()) <= 20_000
    source = (pages.FOLDER / "widget.html").read_text(encoding="utf-8")
    without_comments = re.sub(r"(?m)^ *(//.*|/\*.*\*/)$", "", source)
    assert "".join(read["text"].split()) == "".join(without_comments.split())


def test_the_widget_asks_for_files_of_the_address_that_the_client_uses_and_for_nothing_else(
    krea: Krea,
) -> None:
    speaker = Speaker(krea, headers={"Host": "localhost:7777"})

    [read] = speaker.ask("resources/read", uri=URI)["contents"]

    assert read["_meta"]["ui"]["csp"] == {"resourceDomains": ["http://localhost:7777"]}


def test_the_widget_names_no_address_and_needs_neither_eval_nor_inline_styles(speaker: Speaker) -> None:
    [read] = speaker.ask("resources/read", uri=URI)["contents"]

    assert not re.findall(r"https?:|//[a-z]+\.|url\(|@import", read["text"])
    assert not re.findall(r"\beval\(|new Function|innerHTML|\sstyle=|\son[a-z]+=", read["text"])
    assert read["text"].count("<script>") == read["text"].count("<style>") == 1


def test_another_resource_is_an_error_that_names_the_one_there_is(speaker: Speaker) -> None:
    error = speaker.error("resources/read", uri="ui://krea-public-api/another")

    assert error["code"] == -32602
    assert URI in error["message"]
    assert error["data"] == {"uri": "ui://krea-public-api/another"}


@requirement("mcp:widget:facts")
def test_a_submission_says_what_the_job_costs_and_how_large_its_result_will_be(speaker: Speaker) -> None:
    facts = facts_in(speaker.result("generate", model=KREA_2, input=KREA_2_BODY))

    assert facts == {
        "tool": "generate",
        "model": KREA_2,
        "unit": "usd",
        "price": 0.03,
        "cost": 0,
        "progress": 0,
        "width": 1368,
        "height": 768,
    }


@requirement("mcp:widget:facts")
def test_progress_grows_with_the_clock_and_only_a_completed_job_has_cost_something(krea: Krea) -> None:
    speaker = Speaker(krea)
    job_id = speaker.call("generate", model=KREA_2, input=KREA_2_BODY)["job_id"]
    seen = []
    for _ in range(100):
        facts = facts_in(speaker.result("get_job", jobId=job_id))
        seen.append(facts["progress"])
        if facts["progress"] == 1:
            break
        assert facts["cost"] == 0
        krea.real_time.pass_by(1)

    assert facts["cost"] == facts["price"] == 0.03
    assert len(seen) > 3
    assert seen == sorted(seen)


def test_under_manual_progression_progress_is_that_of_the_last_step(make_krea: MakeKrea) -> None:
    speaker = Speaker(make_krea(Settings(progression=Progression.MANUAL)))
    job_id = speaker.call("generate", model=KREA_2, input=KREA_2_BODY)["job_id"]

    polls = [facts_in(speaker.result("get_job", jobId=job_id))["progress"] for _ in range(4)]

    assert polls == [0.05, 0.1, 0.25, 1]


def test_a_cancelled_job_has_cost_nothing(speaker: Speaker) -> None:
    job_id = speaker.call("generate", model=KREA_2, input=KREA_2_BODY)["job_id"]
    speaker.call("cancel_job", jobId=job_id)

    facts = facts_in(speaker.result("get_job", jobId=job_id))

    assert (facts["cost"], facts["progress"]) == (0, 1)


@requirement("mcp:widget:facts")
def test_an_enhancement_of_our_own_picture_names_its_source(krea: Krea) -> None:
    speaker = Speaker(krea)
    source = krea.submit(FLUX, prompt="x")
    krea.real_time.pass_by(60)
    [url] = krea.get(f"/jobs/{source}").json()["result"]["urls"]

    facts = facts_in(speaker.result("generate", model=ENHANCE, input={"image_url": url}))

    assert facts["source_url"] == url
    assert facts["width"] == 2 * 1024


@requirement("mcp:widget:facts")
def test_an_enhancement_of_our_own_video_names_its_source(krea: Krea) -> None:
    speaker = Speaker(krea)
    url = krea.upload(samples.mp4())["image_url"]

    facts = facts_in(speaker.result("generate", model=ENHANCE_VIDEO, input={"video_url": url}))

    assert facts["source_url"] == url


def test_the_scene_of_an_enhancement_is_not_its_source(krea: Krea) -> None:
    url = krea.upload(samples.png())["image_url"]
    body = {"image_url": "https://pictures.example/a.png", "scene_image_url": url}

    facts = facts_in(Speaker(krea).result("generate", model="enhance/krea/legacy-enhance", input=body))

    assert "source_url" not in facts


@pytest.mark.parametrize(
    ("model", "input"),
    [
        (ENHANCE, {"image_url": "https://pictures.example/a.png"}),
        (ENHANCE_VIDEO, {"video_url": "https://pictures.example/a.mp4"}),
    ],
)
def test_a_source_that_lies_elsewhere_is_not_named(speaker: Speaker, model: str, input: Json) -> None:
    facts = facts_in(speaker.result("generate", model=model, input=input))

    assert "source_url" not in facts


def test_a_picture_that_something_else_is_made_of_is_not_a_source_to_compare_it_with(krea: Krea) -> None:
    url = krea.upload(samples.png())["image_url"]
    body = {"prompt": "x", "image_url": url}

    facts = facts_in(Speaker(krea).result("generate", model="image/bytedance/seededit", input=body))

    assert "source_url" not in facts


def test_each_job_of_a_node_app_is_told_of(speaker: Speaker) -> None:
    result = speaker.result("execute_node_app", nodeAppVersionId=STORYBOARD, input={"prompt": "x"})

    facts = result["_meta"]["mockkrea/jobs"]

    assert facts.keys() == {job["job_id"] for job in result["structuredContent"]["jobs"]}
    assert {(each["tool"], each["width"], each["height"]) for each in facts.values()} == {
        ("execute_node_app", 1280, 720)
    }


@pytest.mark.parametrize(
    ("model", "input", "size"),
    [
        ("video/kling/kling-2.5", {"prompt": "x", "duration": 5}, True),
        ("3d/microsoft/trellis", {"prompt": "x", "input_mode": "text"}, True),
        ("audio/elevenlabs/music", {"prompt": "x"}, False),
    ],
)
def test_whatever_can_be_seen_has_a_size_before_it_is_there(
    speaker: Speaker, model: str, input: Json, size: bool
) -> None:
    facts = facts_in(speaker.result("generate", model=model, input=input))

    assert ("width" in facts) is size
