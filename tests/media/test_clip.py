"""Which of a request's fields decide a video's size, length and sound."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mockkrea.core.assets import MediaInput
from mockkrea.core.clock import SECOND_US
from mockkrea.core.jobs import Job, Ticket
from mockkrea.media.clip import Clip, clip_of
from tests.asking import TIMELESS, Json
from tests.making import START_US, an_order

WIDE, TALL, SQUARE = {"aspect_ratio": "16:9"}, {"aspect_ratio": "9:16"}, {"aspect_ratio": "1:1"}

SIZES: list[tuple[Json, tuple[int, int]]] = [
    ({}, (1280, 720)),
    (TALL, (720, 1280)),
    (SQUARE, (720, 720)),
    ({"aspect_ratio": "4:3"}, (960, 720)),
    ({"aspect_ratio": "21:9"}, (1680, 720)),
    ({"aspect_ratio": "adaptive"}, (1280, 720)),
    (WIDE | {"resolution": "480p"}, (854, 480)),
    (TALL | {"resolution": "540p"}, (540, 960)),
    (WIDE | {"resolution": "768p"}, (1366, 768)),
    (WIDE | {"resolution": "1080p"}, (1920, 1080)),
    (WIDE | {"resolution": "1440p"}, (2560, 1440)),
    (WIDE | {"resolution": "4K"}, (3840, 2160)),
    (TALL | {"resolution": "4k"}, (2160, 3840)),
    (SQUARE | {"resolution": "4k"}, (2160, 2160)),
    ({"aspect_ratio": "21:9", "resolution": "4k"}, (3840, 1646)),
    (WIDE | {"mode": "std"}, (1280, 720)),
    (WIDE | {"mode": "pro"}, (1920, 1080)),
    (TALL | {"mode": "master"}, (1080, 1920)),
    (WIDE | {"mode": "4k"}, (3840, 2160)),
    ({"aspect_ratio": "1104:832"}, (1104, 832)),
    ({"aspect_ratio": "672:1584"}, (672, 1584)),
    ({"width": 960, "height": 540} | WIDE, (960, 540)),
    ({"width": 1024.5, "height": 577}, (1024, 576)),
    ({"width": 640} | TALL, (640, 1138)),
    ({"height": 640} | WIDE, (1138, 640)),
]
BEYOND: list[tuple[Json, tuple[int, int]]] = [
    ({"width": 1, "height": 1}, (16, 16)),
    ({"width": 0, "height": -3}, (16, 16)),
    ({"width": 32_000, "height": 32_000}, (3840, 3840)),
    ({"width": 32_000, "height": 18_000}, (3840, 2160)),
    ({"width": 32_000, "height": 1}, (3840, 16)),
    ({"width": 8, "height": 16}, (16, 32)),
    ({"video_url": "x", "target_width": 8_000, "target_height": 4_000}, (3840, 1920)),
]
LENGTHS: list[tuple[Json, float]] = [
    ({}, 5),
    ({"duration": 8}, 8),
    ({"duration": "8"}, 8),
    ({"duration": "8s"}, 8),
    ({"duration": 2.5}, 2.5),
    ({"duration": None}, 5),
    ({"duration": "soon"}, 5),
    ({"num_frames": 96, "duration": 5}, 4),
]
BEYOND_LENGTH: list[tuple[Json, float]] = [
    ({"duration": 600}, 60),
    ({"duration": 0}, 0.125),
    ({"duration": -5}, 0.125),
    ({"duration": 1e300}, 60),
]


def a_clip(input: Json, *media: MediaInput, has_sound: bool = False, side_step: int = 1) -> Clip:
    order = an_order(input={"prompt": "a fox"} | input)
    order = order._replace(media=media, has_sound=has_sound, side_step=side_step)
    return clip_of(Job(Ticket("j", 1, order, START_US, SECOND_US, 42)))


def a_medium(pointer: str, width: int | None, height: int | None, seconds: float | None = None) -> MediaInput:
    duration_us = None if seconds is None else round(seconds * SECOND_US)
    return MediaInput(pointer, None, "0" * 64, "video/mp4", width, height, duration_us)


@pytest.mark.parametrize(("input", "size"), SIZES, ids=str)
def test_a_video_has_the_size_that_its_fields_name(input: Json, size: tuple[int, int]) -> None:
    clip = a_clip(input)

    assert ((clip.width, clip.height), clip.asked) == (size, None)


@pytest.mark.parametrize(("input", "size"), BEYOND, ids=str)
def test_a_size_beyond_the_bounds_becomes_the_nearest_of_its_shape_and_is_told(
    input: Json, size: tuple[int, int]
) -> None:
    clip = a_clip(input)

    assert (clip.width, clip.height) == size
    assert clip.asked == tuple(input.get(name, input.get(f"target_{name}")) for name in ("width", "height"))


@pytest.mark.parametrize(("input", "seconds"), LENGTHS, ids=str)
def test_a_video_has_the_length_that_its_fields_name(input: Json, seconds: float) -> None:
    clip = a_clip(input)

    assert (clip.duration_us, clip.asked_s) == (seconds * SECOND_US, None)


@pytest.mark.parametrize(("input", "seconds"), BEYOND_LENGTH, ids=str)
def test_a_length_beyond_the_bounds_becomes_the_nearest_and_is_told(input: Json, seconds: float) -> None:
    clip = a_clip(input)

    assert clip.duration_us == seconds * SECOND_US
    assert clip.asked_s is not None


def test_a_models_sides_are_multiples_of_its_step() -> None:
    clip = a_clip(WIDE | {"resolution": "480p"}, side_step=32)

    assert (clip.width, clip.height) == (864, 480)


@pytest.mark.parametrize(
    ("input", "usual", "has_sound"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"generate_audio": True}, False, True),
        ({"generate_audio": False}, True, False),
        ({"generate_audio": False, "audio_url": "https://example.com/a.mp3"}, False, True),
    ],
)
def test_a_video_has_sound_if_asked_for_or_if_its_model_always_makes_it(
    input: Json, usual: bool, has_sound: bool
) -> None:
    assert a_clip(input, has_sound=usual).has_sound is has_sound


def test_an_enhanced_video_sounds_as_its_source_does() -> None:
    silent = a_medium("/video_url", 640, 360)

    assert not a_clip({"video_url": "x"}).has_sound
    assert not a_clip({"video_url": "x"}, silent).has_sound
    assert a_clip({"video_url": "x"}, silent._replace(has_sound=True)).has_sound
    assert not a_clip({"start_video": "x"}, silent._replace(pointer="/start_video", has_sound=True)).has_sound


def test_an_enhanced_video_is_its_source_enlarged_and_as_long() -> None:
    source = a_medium("/video_url", 640, 360, 7.5)

    clip = a_clip({"video_url": "x", "upscale_factor": 2}, source)
    widened = a_clip({"video_url": "x", "target_width": 1920}, source)
    unmeasured = a_clip({"video_url": "x", "upscale_factor": 1.5})

    assert (clip.width, clip.height, clip.duration_us) == (1280, 720, 7_500_000)
    assert (widened.width, widened.height) == (1920, 1080)
    assert (unmeasured.width, unmeasured.height, unmeasured.duration_us) == (1920, 1080, 5_000_000)


def test_an_edited_video_is_as_large_as_its_source_unless_a_field_says_otherwise() -> None:
    source = a_medium("/start_video", 640, 480, 3)

    edited = a_clip({"start_video": "x"}, source)
    resized = a_clip({"start_video": "x", "resolution": "1080p"}, source)

    assert (edited.width, edited.height, edited.duration_us) == (640, 480, 3_000_000)
    assert (resized.width, resized.height) == (1440, 1080)


def test_without_a_shape_a_video_has_that_of_its_first_picture_and_not_its_size() -> None:
    clip = a_clip({"aspect_ratio": "adaptive"}, a_medium("/start_image", 900, 1200))

    assert (clip.width, clip.height) == (720, 960)


def test_a_video_that_is_only_a_reference_says_nothing_of_the_length() -> None:
    assert a_clip({}, a_medium("/reference_videos/0", 640, 360, 30)).duration_us == 5_000_000


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["9:16", "4K"])
)
FIELDS = ["width", "height", "aspect_ratio", "resolution", "mode", "duration", "num_frames", "video_url"]


@TIMELESS
@given(st.dictionaries(st.sampled_from([*FIELDS, "upscale_factor", "target_width"]), ANYTHING))
def test_whatever_the_fields_hold_a_video_is_even_and_within_the_bounds(input: Json) -> None:
    clip = a_clip(input)

    assert {clip.width % 2, clip.height % 2} == {0}
    assert 16 <= min(clip.width, clip.height) <= max(clip.width, clip.height) <= 3840
    assert 0.125 <= clip.duration_s <= 60
