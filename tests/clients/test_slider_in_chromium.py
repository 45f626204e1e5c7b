"""An enhancement beside its source, in a real browser: the widget's slider over pictures and over videos."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.asking import Json, data_uri
from tests.clients.showing import MakeWidget, Widget, box, is_shown
from tests.contract.requirements import requirement
from tests.media import samples
from tests.tools import artifacts

PICTURE: tuple[str, Json] = ("enhance/krea/enhance", {})
VIDEO: tuple[str, Json] = ("enhance/bytedance/seedvr-2", {"target_width": 640, "target_height": 480})

ELSEWHERE = "https://pictures.example/a"

# Waits until a clip that is played says where it is.
NEXT_UPDATE = "each => new Promise((heard) => each.addEventListener('timeupdate', heard, { once: true }))"


def enhanced(widget: Widget, source_url: str, **ending: Json) -> None:
    """An enhanced picture, or an enhanced video if the source is one, in full screen."""
    is_video = source_url.startswith("data:video") or source_url.endswith(".mp4")
    model, rest = VIDEO if is_video else PICTURE
    input = {**rest, "video_url" if is_video else "image_url": source_url}
    widget.end(widget.generate(model, input), "completed", **ending)
    widget.run_for(1)
    widget.button("Full screen").click()
    expect(widget.button("Close")).to_be_visible()


def slider_of(widget: Widget) -> Locator:
    """The slider, by what a screen reader says of it."""
    slider = widget.frame.get_by_role("slider", name="Before and after")
    expect(slider).to_have_attribute("aria-valuetext", "50% before", timeout=20_000)
    return slider


def source_of(widget: Widget, kind: str) -> str:
    """A source of this kind that the widget may show."""
    if kind == "an upload":
        files = {"file": ("a.png", samples.png(), "image/png")}
        return str(widget.api("POST", "/assets", files=files)["image_url"])
    if kind == "a clip":
        return data_uri(samples.mp4(seconds=3.0, has_sound=True), "video/mp4")
    if kind == "an uploaded clip":
        files = {"file": ("a.mp4", samples.mp4(seconds=3.0), "video/mp4")}
        return str(widget.api("POST", "/assets", files=files)["image_url"])
    return data_uri(samples.png())


def names_of_sides(widget: Widget) -> Json:
    """What is written over the two sides."""
    return widget.at(".compare").evaluate(
        """each => ["::before", "::after"].map((part) => getComputedStyle(each, part))
          .filter(({ opacity }) => opacity !== "0").map(({ content }) => content)"""
    )


@requirement("mcp:widget:slider")
@pytest.mark.parametrize("source", ["an upload", "a data URI", "a clip", "an uploaded clip"])
def test_an_enhancement_has_a_slider_for_pointer_and_keyboard(widget: Widget, source: str) -> None:
    enhanced(widget, source_of(widget, source))
    slider = slider_of(widget)

    width, height = box(slider)
    assert width / height == pytest.approx(64 / 48, rel=0.01)
    slider.click(position={"x": width * 0.75, "y": height / 2})
    assert abs(int(slider.input_value()) - 75) <= 1
    slider.press("ArrowLeft")
    assert names_of_sides(widget) == ['"Before"', '"After"']
    slider.press("Home")
    assert slider.input_value() == "0"
    assert names_of_sides(widget) == ['"After"']
    slider.press("End")
    assert names_of_sides(widget) == ['"Before"']
    expect(slider).to_have_attribute("aria-valuetext", "100% before")
    expect(widget.at(".compare")).to_have_css("--at", "100")
    widget.page.keyboard.press("Escape")
    expect(widget.button("Full screen")).to_be_visible()


@requirement("mcp:widget:slider")
@pytest.mark.parametrize("source", ["a data URI", "a clip"])
def test_the_slider_follows_a_finger(make_widget: MakeWidget, source: str) -> None:
    widget = make_widget(width=360, touch=True)
    enhanced(widget, source_of(widget, source))
    slider = slider_of(widget)
    width, height = box(slider)

    slider.tap(position={"x": width * 0.25, "y": height / 2})

    assert abs(int(slider.input_value()) - 25) <= 1
    widget.picture(artifacts("widget") / f"slider-phone-{source}.png")
    assert widget.complaints == []


@pytest.mark.parametrize("source", ["a data URI", "a clip"])
def test_the_source_is_cut_off_where_the_slider_stands_and_only_the_result_is_named(
    widget: Widget, source: str
) -> None:
    enhanced(widget, source_of(widget, source))
    slider_of(widget).fill("30")

    before, after = widget.at(".compare :is(img, video)").all()[::-1]
    expect(before).to_have_css("clip-path", "inset(0px 70% 0px 0px)")
    expect(before).to_have_attribute("aria-hidden", "true")
    expect(after).to_have_accessible_name("The result")


@pytest.mark.parametrize("source", ["a data URI", "a clip"])
def test_a_slider_in_focus_shows_it_on_its_own_white(widget: Widget, source: str) -> None:
    enhanced(widget, source_of(widget, source))
    slider_of(widget).focus()
    widget.page.keyboard.press("ArrowLeft")

    ring = """each => ["outline", "outline-offset"]
      .map((name) => getComputedStyle(each, "::after").getPropertyValue(name))"""
    assert widget.at(".handle").evaluate(ring) == ["rgb(39, 72, 200) solid 4px", "-4px"]
    widget.picture(artifacts("widget") / f"slider-{source}.png")


@requirement("mcp:widget:slider")
def test_both_clips_are_played_stopped_and_sought_together(widget: Widget) -> None:
    enhanced(widget, source_of(widget, "a clip"))
    slider_of(widget)
    after, before = widget.at(".compare video").all()
    assert before.evaluate("each => each.muted && !each.controls")
    assert after.evaluate("each => !each.muted && each.controls")

    after.evaluate("each => { each.playbackRate = 0.5; return each.play(); }")
    expect(before).to_have_js_property("paused", False)
    expect(before).to_have_js_property("playbackRate", 0.5)
    after.evaluate(NEXT_UPDATE)
    after.evaluate("each => each.pause()")
    expect(before).to_have_js_property("paused", True)
    assert after.evaluate("each => each.currentTime") > 0
    expect(before).to_have_js_property("currentTime", after.evaluate("each => each.currentTime"))

    after.evaluate("each => { each.currentTime = 2; }")
    expect(before).to_have_js_property("currentTime", 2)
    expect(before).to_have_js_property("paused", True)


def test_a_source_that_is_shorter_than_its_result_stays_at_its_end(widget: Widget) -> None:
    source = data_uri(samples.mp4(seconds=1.0), "video/mp4")
    job_id = widget.api("POST", "/generate/video/kling/kling-2.5", json={"prompt": "x", "duration": 5})[
        "job_id"
    ]
    widget.end(job_id, "completed")
    [longer] = widget.api("GET", f"/jobs/{job_id}")["result"]["urls"]
    enhanced(widget, source, result={"urls": [longer]})
    slider_of(widget)
    after, before = widget.at(".compare video").all()
    ends_at = before.evaluate("each => each.duration")

    after.evaluate("each => { each.currentTime = 3; }")
    expect(before).to_have_js_property("currentTime", ends_at)
    before.evaluate("each => { each.restarts = 0; each.onplay = () => { each.restarts += 1; }; }")
    after.evaluate("each => each.play()")
    for _ in range(2):
        after.evaluate(NEXT_UPDATE)

    expect(before).to_have_js_property("currentTime", ends_at)
    expect(before).to_have_js_property("restarts", 0)
    after.evaluate("each => { each.currentTime = 0; }")
    expect(before).to_have_js_property("paused", False)


def test_the_controls_of_a_clip_stand_below_the_slider(widget: Widget) -> None:
    enhanced(widget, source_of(widget, "a clip"))
    slider = slider_of(widget)

    under, over = (each.bounding_box() for each in (widget.at(".compare video").first, slider))
    assert under is not None and over is not None
    assert under["height"] - over["height"] == 5 * 15
    assert box(widget.at("#tile"))[1] == round(under["height"])


@requirement("mcp:widget:slider")
@pytest.mark.parametrize(("source", "tag"), [(f"{ELSEWHERE}.png", "img"), (f"{ELSEWHERE}.mp4", "video")])
def test_a_source_that_lies_elsewhere_is_not_asked_for_and_leaves_the_result_alone(
    widget: Widget, source: str, tag: str
) -> None:
    enhanced(widget, source)

    expect(widget.at(f"#stage {tag}")).to_be_visible()
    expect(widget.at(f"#stage {tag}")).to_have_count(1)
    expect(widget.at(".compare")).to_have_count(0)


def test_a_source_that_the_host_cannot_show_leaves_the_result_alone(widget: Widget) -> None:
    enhanced(widget, data_uri(samples.heic(), "image/heic"))

    is_shown(widget.at("#stage img"))
    expect(widget.at(".compare")).to_have_count(0)


def test_a_result_that_cannot_be_shown_has_no_slider(make_widget: MakeWidget) -> None:
    widget = make_widget()
    enhanced(widget, source_of(widget, "a data URI"), result={"urls": [f"{ELSEWHERE}.png"]})

    expect(widget.at(".missing")).to_have_text(f"This cannot be shown here: {ELSEWHERE}.png")
    expect(widget.at(".compare")).to_have_count(0)


def test_the_whole_frame_can_be_gone_through_with_the_keyboard(widget: Widget) -> None:
    enhanced(widget, source_of(widget, "a data URI"))
    slider_of(widget).focus()
    names = []
    for _ in range(3):
        widget.page.keyboard.press("Tab")
        names.append(widget.frame.locator(":focus").text_content())

    assert names == ["Again · $0.0733", "Open", "Close"]


def test_a_clip_is_played_by_the_keyboard(widget: Widget) -> None:
    enhanced(widget, source_of(widget, "a clip"))
    slider_of(widget)
    after, before = widget.at(".compare video").all()
    after.focus()
    widget.page.keyboard.press("Space")

    expect(before).to_have_js_property("paused", False)
