"""The widget in a real browser, under the official host bridge and a stricter policy than hosts set."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.asking import KREA_2, KREA_2_BODY, Json
from tests.chromium import LOW_CONTRAST
from tests.clients.showing import ABLE, WITH_FULLSCREEN, MakeWidget, Widget, box, is_at_rest, is_shown
from tests.contract.requirements import requirement
from tests.tools import artifacts

STORYBOARD = "3f60b2d8-7e14-4a95-b6c0-c81d9e2f4a14"

# The button beside a result says what another one costs.
AGAIN = "Again · $0.03"
LOOK_FIRST = "Look at your jobs before you retry."
UNFILLED = "rgba(0, 0, 0, 0)"


@requirement("mcp:widget:tile")
@pytest.mark.parametrize(("shape", "ratio"), [("16:9", 16 / 9), ("9:16", 9 / 16), ("1:1", 1)])
def test_the_tile_has_the_jobs_shape_from_the_beginning_to_the_end(
    widget: Widget, shape: str, ratio: float
) -> None:
    widget.show("generate", {"model": KREA_2, "input": {**KREA_2_BODY, "aspect_ratio": shape}})
    at_first = box(widget.at("#tile"))
    job_id = widget.call()["job_id"]
    expect(widget.at("#state")).to_have_text("Queued")
    while_pending = box(widget.at("#tile"))
    widget.end(job_id, "completed")
    widget.run_for(1)

    is_shown(widget.at("#stage img"))
    for width, height in (at_first, while_pending, box(widget.at("#tile"))):
        assert width / height == pytest.approx(ratio, rel=0.01)


@requirement("mcp:widget:polls")
def test_it_polls_by_itself_less_and_less_often_until_the_job_has_ended(widget: Widget) -> None:
    job_id = widget.generate(KREA_2, KREA_2_BODY)
    for seconds, state in ((0.6, "Scheduled"), (0.9, "Processing"), (1.35, "Sampling")):
        widget.run_for(seconds - 0.1)
        polls = len(widget.calls("get_job"))
        widget.run_for(0.1)
        expect(widget.at("#state")).to_have_text(state)
        assert widget.calls("get_job") == [{"jobId": job_id}] * (polls + 1)
    assert float(widget.at("#progress").evaluate("bar => bar.value")) == 0.25
    widget.run_for(2.1)

    is_shown(widget.at("#stage img"))
    polls = len(widget.calls("get_job"))
    widget.run_for(600)
    assert len(widget.calls("get_job")) == polls == 4


def test_a_job_that_waits_says_which_place_it_has(widget: Widget) -> None:
    widget.api("POST", f"/generate/{KREA_2}", json=KREA_2_BODY)
    [workspace, *_] = widget.api("GET", "/__mockkrea/workspaces")["items"]
    widget.api("POST", f"/__mockkrea/workspaces/{workspace['id']}/limits", json={"concurrency": 1})
    widget.generate(KREA_2, KREA_2_BODY)

    expect(widget.at("#state")).to_have_text("Waiting for a free slot")
    expect(widget.at("#reason")).to_have_text("Number 1 in line")


def test_nothing_is_asked_after_the_teardown(widget: Widget) -> None:
    widget.generate(KREA_2, KREA_2_BODY)
    expect(widget.at("#state")).to_have_text("Queued")

    assert widget.page.evaluate("tearDown()") == {}

    widget.run_for(600)
    assert widget.calls("get_job") == []


def test_a_poll_that_fails_is_told_and_tried_again_later(make_widget: MakeWidget) -> None:
    widget = make_widget()
    widget.generate(KREA_2, KREA_2_BODY)
    fault = {"when": {"adapter": "mcp"}, "then": {"status": 503}, "times": 2}
    widget.api("POST", "/__mockkrea/faults", json=fault)
    for seconds in (0.6, 0.9):
        widget.run_for(seconds)
        expect(widget.at("#note")).to_contain_text("No news of the job")

    widget.run_for(1.4)

    expect(widget.at("#note")).to_be_hidden()
    expect(widget.at("#state")).to_have_text("Scheduled")


@requirement("mcp:widget:buttons")
def test_retry_calls_the_tool_again_and_tells_the_model(widget: Widget) -> None:
    args = {"model": KREA_2, "input": KREA_2_BODY, "sync": True, "timeoutSeconds": 1}
    widget.show("generate", args)
    first = widget.call()["job_id"]
    widget.end(first, "failed", error={"code": "nsfw"})
    widget.run_for(1)
    expect(widget.at("#state")).to_have_text("Failed")
    widget.button("Retry").click()

    expect(widget.at("#state")).to_have_text("Queued")
    assert widget.calls("generate") == [{"model": KREA_2, "input": KREA_2_BODY}]
    widget.run_for(0.7)
    second = widget.newest_job()
    assert second != first
    assert widget.page.evaluate("ends.context") == [f"The user retried: {second}"]


def test_the_retry_of_a_result_that_was_billed_though_it_is_empty_says_what_it_costs(widget: Widget) -> None:
    widget.end(widget.generate(KREA_2, KREA_2_BODY), "completed", result={"urls": []})
    widget.run_for(1)

    expect(widget.button("Retry · $0.03")).to_be_visible()


@requirement("mcp:widget:buttons")
def test_cancel_with_the_keyboard_ends_the_job_and_says_that_it_cost_nothing(widget: Widget) -> None:
    job_id = widget.generate(KREA_2, KREA_2_BODY)
    widget.button("Cancel").focus()
    widget.page.keyboard.press("Enter")

    expect(widget.at("#state")).to_have_text("Cancelled")
    expect(widget.at("#reason")).to_have_text("It was stopped before its end. Nothing was charged.")
    expect(widget.button("Retry")).to_be_focused()
    assert widget.api("GET", f"/jobs/{job_id}")["status"] == "cancelled"
    widget.run_for(600)
    assert len(widget.calls("get_job")) == 1
    assert widget.page.evaluate("ends.context") == [f"The user cancelled: {job_id}"]


def test_a_retry_that_is_refused_leaves_the_result_where_it_is(widget: Widget) -> None:
    widget.end(widget.generate(KREA_2, KREA_2_BODY), "completed")
    widget.run_for(1)
    is_shown(widget.at("#stage img"))
    [workspace, *_] = widget.api("GET", "/__mockkrea/workspaces")["items"]
    widget.api("POST", f"/__mockkrea/workspaces/{workspace['id']}/balance", json={"usd": 0})
    widget.button(AGAIN).click()

    expect(widget.at("#note")).to_contain_text("top up your API balance")
    expect(widget.at("#note")).to_contain_text("Nothing was charged.")
    assert widget.page.evaluate("ends.context") == []
    is_shown(widget.at("#stage img"))


@pytest.mark.parametrize(
    ("status", "rest", "reason"),
    [
        ("failed", {"error": {"code": "nsfw", "message": "Unsafe."}}, "Unsafe (nsfw). Nothing was charged."),
        (
            "failed",
            {"error": {"code": "nsfw"}},
            "The content filter refused the result (nsfw). Nothing was charged.",
        ),
        ("failed", {"error": {"code": "melted"}}, "The job failed (melted). Nothing was charged."),
        ("failed", {}, "Nobody said why. Nothing was charged."),
        ("cancelled", {}, "It was stopped before its end. Nothing was charged."),
    ],
)
def test_an_end_without_a_result_says_why_and_what_it_cost(
    widget: Widget, status: str, rest: Json, reason: str
) -> None:
    widget.end(widget.generate(KREA_2, KREA_2_BODY), status, **rest)
    widget.run_for(1)

    expect(widget.at("#state")).to_have_text(status.capitalize())
    expect(widget.at("#reason")).to_have_text(reason)
    expect(widget.at("#facts")).to_have_text("krea/krea-2/medium")
    polls = len(widget.calls("get_job"))
    widget.run_for(600)
    assert len(widget.calls("get_job")) == polls


def test_a_retry_leaves_the_result_until_another_takes_its_place(widget: Widget) -> None:
    first = widget.generate(KREA_2, KREA_2_BODY)
    widget.end(first, "completed")
    widget.run_for(1)
    image = widget.at("#stage img")
    is_shown(image)
    source = image.get_attribute("src")
    for ending in ("failed", "cancelled"):
        widget.button(AGAIN).click()
        expect(widget.at("#state")).to_have_text("Queued")
        expect(image).to_have_attribute("src", str(source))
        widget.picture(artifacts("widget") / "again.png")
        widget.end(widget.newest_job(), ending)
        widget.run_for(5)
        expect(widget.at("#note")).to_contain_text(f"{ending.capitalize()}. ")
        expect(widget.button(AGAIN)).to_be_visible()
        is_shown(image)
        expect(image).to_have_attribute("src", str(source))

    widget.button(AGAIN).click()
    expect(widget.at("#state")).to_have_text("Queued")
    widget.end(widget.newest_job(), "completed")
    widget.run_for(5)

    expect(image).not_to_have_attribute("src", str(source))
    expect(widget.at("#note")).to_be_hidden()


def test_a_call_without_an_answer_does_not_promise_that_nothing_was_charged(make_widget: MakeWidget) -> None:
    broken, unwell = make_widget(), make_widget()
    args = {"model": KREA_2, "input": KREA_2_BODY}
    lost = {"content": [{"type": "text", "text": "fetch failed"}], "isError": True}
    broken.show("generate", args).page.evaluate("result => answer(result)", lost)
    fault = {"when": {"adapter": "mcp"}, "then": {"status": 503}, "times": 1}
    unwell.show("generate", args).api("POST", "/__mockkrea/faults", json=fault)
    unwell.page.evaluate("call().catch(() => {})")

    expect(broken.at("#reason")).to_have_text(f"No answer came: fetch failed. {LOOK_FIRST}")
    for widget in (broken, unwell):
        expect(widget.at("#state")).to_have_text("It may have been submitted")
        expect(widget.at("#reason")).to_contain_text(LOOK_FIRST)
        expect(widget.button("Retry")).to_have_css("background-color", UNFILLED)
    broken.picture(artifacts("widget") / "unanswered.png")


def test_a_retry_that_gets_no_answer_does_not_promise_that_nothing_was_charged(
    make_widget: MakeWidget,
) -> None:
    widget = make_widget()
    widget.end(widget.generate(KREA_2, KREA_2_BODY), "completed")
    widget.run_for(1)
    fault = {"when": {"adapter": "mcp"}, "then": {"connection": "reset", "phase": "after_apply"}}
    widget.api("POST", "/__mockkrea/faults", json=fault)
    widget.button(AGAIN).click()

    expect(widget.at("#note")).to_contain_text("It may have been submitted. No answer came")
    expect(widget.at("#note")).to_contain_text(LOOK_FIRST)
    is_shown(widget.at("#stage img"))


def test_a_refused_input_speaks_to_people_and_does_not_invite_a_retry(widget: Widget) -> None:
    args = {"model": KREA_2, "input": {**KREA_2_BODY, "aspect_ratio": "17:1"}}
    widget.show("generate", args).page.evaluate("call()")

    expect(widget.at("#state")).to_have_text("Not submitted")
    expect(widget.at("#reason")).to_contain_text("Nothing was charged.")
    expect(widget.at("#reason")).not_to_contain_text("get_model_schema")
    expect(widget.button("Retry")).to_have_css("background-color", UNFILLED)
    widget.picture(artifacts("widget") / "invalid.png")


def test_a_long_prompt_ends_with_an_ellipsis_and_can_be_read_whole(widget: Widget) -> None:
    prompt = "ثعلب في الثلج " * 40
    widget.generate(KREA_2, {**KREA_2_BODY, "prompt": prompt})

    shown = widget.at("#prompt")
    expect(shown).to_have_css("-webkit-line-clamp", "2")
    expect(shown).to_have_css("direction", "rtl")
    expect(shown).to_have_attribute("title", prompt)
    widget.picture(artifacts("widget") / "long-prompt.png")


def test_a_refused_call_says_why_and_so_does_one_that_the_host_cancelled(make_widget: MakeWidget) -> None:
    refused, cancelled = make_widget(), make_widget()
    args = {"model": KREA_2, "input": {**KREA_2_BODY, "prompt": "a fox [[mock:plan]]"}}
    refused.show("generate", args).page.evaluate("call()")
    cancelled.show("generate", args).page.evaluate("cancelled('You stopped it.')")

    expect(refused.at("#state")).to_have_text("Not submitted")
    expect(refused.at("#reason")).to_have_text("Plan required. Nothing was charged.")
    expect(cancelled.at("#reason")).to_have_text(f"You stopped it. {LOOK_FIRST}")
    expect(refused.button("Retry")).not_to_have_css("background-color", UNFILLED)
    refused.button("Retry").click()
    expect(refused.button("Retry")).to_have_attribute("aria-disabled", "false")
    expect(refused.at("#state")).to_have_text("Not submitted")
    assert len(refused.calls("generate")) == 1
    assert refused.page.evaluate("ends.context") == []


def test_a_job_that_completes_with_nothing_says_so_and_what_it_cost(widget: Widget) -> None:
    widget.end(widget.generate(KREA_2, KREA_2_BODY), "completed", result={})
    widget.run_for(1)

    expect(widget.at("#state")).to_have_text("Completed")
    expect(widget.at("#reason")).to_have_text("There is no file.")
    expect(widget.at("#facts")).to_contain_text("$0.03")


MEDIA = {
    "image": (KREA_2, KREA_2_BODY, "img"),
    "video": ("video/kling/kling-2.5", {"prompt": "a tram in the rain", "duration": 5}, "video"),
    "audio": ("audio/elevenlabs/music", {"prompt": "a slow waltz"}, "audio"),
    "3d": ("3d/microsoft/trellis", {"prompt": "a chair", "input_mode": "text"}, "img"),
}


@pytest.mark.parametrize("kind", list(MEDIA))
def test_a_result_is_shown_as_what_it_is_and_can_be_opened(widget: Widget, kind: str) -> None:
    model, input, tag = MEDIA[kind]
    job_id = widget.generate(model, input)
    widget.end(job_id, "completed")
    widget.run_for(1)

    media = widget.at(f"#stage {tag}")
    if tag == "img":
        is_shown(media)
    else:
        expect(media).not_to_have_js_property("readyState", 0, timeout=20_000)
    widget.picture(artifacts("widget") / f"result-{kind}.png")
    widget.button("Open").click()
    widget.page.wait_for_function("ends.links.length")
    [link] = widget.page.evaluate("ends.links")
    urls = widget.api("GET", f"/jobs/{job_id}")["result"]["urls"]
    assert link == (urls[0]["url"] if kind == "3d" else urls[0])


def test_several_results_are_a_grid(widget: Widget) -> None:
    args = {"nodeAppVersionId": STORYBOARD, "input": {"prompt": "a night train"}}
    for job in widget.show("execute_node_app", args).call()["jobs"]:
        widget.end(job["job_id"], "completed")
    widget.run_for(1)

    expect(widget.at("#stage.many img")).to_have_count(3)
    for image in widget.at("#stage img").all():
        is_shown(image)
    expect(widget.at("#facts")).to_have_text("Node app · $0.0825")
    widget.button("Open frame 3").click()
    widget.page.wait_for_function("ends.links.length")
    widget.picture(artifacts("widget") / "grid.png")


@pytest.mark.parametrize("width", [360, 800])
def test_four_results_are_two_rows_of_two_without_empty_bands(make_widget: MakeWidget, width: int) -> None:
    widget = make_widget(width=width)
    other = widget.api("POST", f"/generate/{KREA_2}", json=KREA_2_BODY)["job_id"]
    widget.end(other, "completed")
    [url] = widget.api("GET", f"/jobs/{other}")["result"]["urls"]
    widget.end(widget.generate(KREA_2, KREA_2_BODY), "completed", result={"urls": [url] * 4})
    widget.run_for(1)

    images = widget.at("#stage.many img").all()
    for image in images:
        is_shown(image)
        across, down = box(image)
        assert across / down == pytest.approx(16 / 9, rel=0.02)
    corners = [(place["x"], place["y"]) for image in images if (place := image.bounding_box())]
    assert (len({x for x, _ in corners}), len({y for _, y in corners})) == (2, 2)
    expect(widget.at("figcaption button")).to_have_count(4)
    for number in range(1, 5):
        expect(widget.button(f"Open Result {number}")).to_be_visible()
    assert widget.complaints == []


def test_what_is_only_heard_is_not_offered_in_full_screen(widget: Widget) -> None:
    model, input, _ = MEDIA["audio"]
    widget.end(widget.generate(model, input), "completed")
    widget.run_for(1)

    expect(widget.button("Open")).to_be_visible()
    expect(widget.button("Full screen")).to_be_hidden()


def test_a_screen_reader_hears_every_state_to_the_end_which_the_eye_sees(widget: Widget) -> None:
    job_id = widget.generate(KREA_2, KREA_2_BODY)
    state = widget.frame.get_by_role("status")
    expect(state).to_have_text("Queued")
    widget.end(job_id, "completed")
    widget.run_for(1)

    is_shown(widget.at("#stage img"))
    expect(state).to_have_text("Completed")
    expect(widget.at("#words")).to_have_css("clip-path", "inset(50%)")
    expect(widget.at("#stage img")).to_have_accessible_name("a lighthouse in fog")


@pytest.mark.parametrize(("motion", "animation"), [("reduce", "none"), ("no-preference", "sheen")])
def test_the_tile_moves_only_for_those_who_do_not_mind(
    widget: Widget, motion: Literal["reduce", "no-preference"], animation: str
) -> None:
    widget.page.emulate_media(reduced_motion=motion)
    widget.generate(KREA_2, KREA_2_BODY)

    expect(widget.at("#tile.at-work")).to_have_css("animation-name", animation)


def test_a_button_in_focus_has_a_ring_that_stands_out_from_the_sheet(widget: Widget) -> None:
    widget.generate(KREA_2, KREA_2_BODY, context={"theme": "dark"})
    expect(widget.button("Cancel")).to_be_visible()
    widget.button("Cancel").focus()
    widget.page.keyboard.press("Shift")

    expect(widget.button("Cancel")).to_be_focused()
    expect(widget.button("Cancel")).to_have_css("outline", "rgb(157, 178, 255) solid 3px")


def test_files_of_other_origins_are_blocked_and_named(make_widget: MakeWidget) -> None:
    widget = make_widget()
    url = "https://pictures.example/b.png"
    widget.end(widget.generate(KREA_2, KREA_2_BODY), "completed", result={"urls": [url]})
    widget.run_for(1)

    expect(widget.at(".missing")).to_have_text(f"This cannot be shown here: {url}")
    assert any("Content Security Policy" in complaint for complaint in widget.complaints)


def test_a_host_that_has_tools_but_no_full_screen_gets_everything_else(widget: Widget) -> None:
    widget.end(widget.generate(KREA_2, KREA_2_BODY, context={}), "completed")
    widget.run_for(1)

    is_shown(widget.at("#stage img"))
    names = [each.text_content() for each in widget.frame.get_by_role("button").all()]
    assert names == [AGAIN, "Open"]


def test_a_host_without_tools_and_full_screen_gets_a_frame_that_asks_for_neither(
    make_widget: MakeWidget,
) -> None:
    pending, done = make_widget(), make_widget()
    pending.generate(KREA_2, KREA_2_BODY, able={}, context={})
    pending.run_for(60)
    expect(pending.at("#reason")).to_have_text("Ask the assistant for news of the job.")
    done.show("generate", {"model": KREA_2, "input": {**KREA_2_BODY}, "sync": True}, able={}, context={})
    job_id = done.api("POST", f"/generate/{KREA_2}", json=KREA_2_BODY)["job_id"]
    done.end(job_id, "completed")
    job = done.api("GET", f"/jobs/{job_id}")
    answer = {"content": [], "structuredContent": {"job_id": job_id, "job": job}}
    done.page.evaluate("result => answer(result)", answer)

    is_shown(done.at("#stage img"))
    for widget in (pending, done):
        expect(widget.frame.get_by_role("button")).to_have_count(0)
        assert widget.messages("tools/call") == []


@requirement("mcp:widget:host")
def test_it_follows_the_theme_and_the_colours_of_the_host(widget: Widget) -> None:
    widget.generate(KREA_2, KREA_2_BODY, context={"theme": "dark"})
    sheet = "main => getComputedStyle(main).backgroundColor"
    expect(widget.at("html")).to_have_css("color-scheme", "dark")
    assert widget.at("main").evaluate(sheet) == "rgb(26, 26, 29)"

    widget.page.evaluate("change({ theme: 'light' })")
    expect(widget.at("html")).to_have_css("color-scheme", "light")
    assert widget.at("main").evaluate(sheet) == "rgb(255, 255, 255)"

    variables = {"--color-background-primary": "light-dark(rgb(250, 240, 230), black)"}
    widget.page.evaluate("variables => change({ styles: { variables } })", variables)
    expect(widget.at("main")).to_have_css("background-color", "rgb(250, 240, 230)")


@requirement("mcp:widget:host")
@pytest.mark.parametrize("shape", ["9:16", "1:1", "16:9"])
@pytest.mark.parametrize("width", [360, 720])
def test_no_shape_makes_the_frame_higher_than_the_host_allows(
    make_widget: MakeWidget, shape: str, width: int
) -> None:
    widget = make_widget(width=width)
    input = {**KREA_2_BODY, "prompt": "a fox in the snow " * 20, "aspect_ratio": shape}
    job_id = widget.generate(KREA_2, input)
    widget.end(job_id, "completed")
    widget.run_for(1)
    is_shown(widget.at("#stage img"))
    assert box(widget.at("#tile"))[1] <= 30 * 15

    widget.page.evaluate("change({ containerDimensions: { maxHeight: 320 } })")
    expect(widget.at("html")).to_have_css("--room", "320px")

    is_at_rest(widget)
    assert box(widget.at("main"))[1] <= 320
    widget.picture(artifacts("widget") / f"low-{shape.replace(':', '-')}-{width}.png")


@requirement("mcp:widget:host")
def test_the_host_is_told_the_height_once_things_have_come_to_rest(widget: Widget) -> None:
    told = "traffic.filter(({ method }) => method === 'ui/notifications/size-changed').length"
    widget.show("generate", {"model": KREA_2, "input": KREA_2_BODY})
    is_at_rest(widget)
    before = widget.page.evaluate(told)
    for width in (700, 500, 400):
        widget.page.set_viewport_size({"width": width, "height": 800})
        expect(widget.at("html")).to_have_js_property("clientWidth", width - 2 * 16)
    is_at_rest(widget)

    widget.page.wait_for_function(f"{told} > {before}")
    widget.run_for(1)
    heights = widget.messages("ui/notifications/size-changed")
    assert len(heights) == before + 1
    assert heights[-1] == {"height": box(widget.at("main"))[1]}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 720])
def test_every_state_can_be_read_in_light_and_dark_and_on_a_phone(
    make_widget: MakeWidget, theme: str, width: int
) -> None:
    endings: dict[str, Json] = {
        "pending": {},
        "completed": {"status": "completed"},
        "failed": {"status": "failed", "error": {"code": "nsfw", "message": "The prompt is unsafe."}},
        "cancelled": {"status": "cancelled"},
    }
    for name, ending in endings.items():
        widget = make_widget(width=width)
        job_id = widget.generate(KREA_2, KREA_2_BODY, able=ABLE, context={**WITH_FULLSCREEN, "theme": theme})
        widget.run_for(0.7)
        expect(widget.at("#state")).to_have_text("Scheduled")
        if ending:
            widget.end(job_id, **ending)
            widget.run_for(1)
            expect(widget.at("main")).to_have_class(name)
        if name == "completed":
            is_shown(widget.at("#stage img"))
        widget.run_for(1)
        widget.picture(artifacts("widget") / f"{name}-{theme}-{width}.png")

        main = widget.at("main")
        assert main.evaluate(LOW_CONTRAST) == []
        assert main.evaluate("main => main.scrollWidth <= main.clientWidth"), name
        assert widget.complaints == []
        widget.page.close()
