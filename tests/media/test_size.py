import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockkrea.media.size import AREA_PX_MAX, SIDE_PX_MAX, WEBP_SIDE_PX_MAX, Size, enhanced_size, image_size

numbers = st.one_of(st.integers(), st.floats())
sides = st.floats(min_value=1, max_value=40_000)


def sides_of(**body: object) -> tuple[int, int]:
    size = image_size(body)
    return size.width, size.height


@pytest.mark.parametrize(
    ("aspect", "resolution", "expected"),
    [
        ("1:1", "1K", (1024, 1024)),
        ("16:9", "1K", (1368, 768)),
        ("9:16", "1K", (768, 1368)),
        ("2.35:1", "1K", (1568, 664)),
        ("21:9", "2K", (3128, 1344)),
        ("9:19.5", "1K", (696, 1504)),
        ("1:1", "4K", (4096, 4096)),
        ("1:1", "1.5k", (1536, 1536)),
        ("1:1", "2k", (2048, 2048)),
        ("16:9", "720p", (1280, 720)),
        ("9:16", "1080P", (1080, 1920)),
    ],
)
def test_a_resolution_is_an_area_or_a_short_side_in_the_asked_aspect(
    aspect: str, resolution: str, expected: tuple[int, int]
) -> None:
    assert sides_of(aspect_ratio=aspect, resolution=resolution) == expected


def test_width_and_height_win_over_aspect_ratio_and_resolution() -> None:
    body = {"width": 2368, "height": 512, "aspect_ratio": "1:1", "resolution": "4K"}

    assert image_size(body) == Size(width=2368, height=512, asked=None)


def test_one_side_gets_the_other_from_the_aspect_or_makes_a_square() -> None:
    assert sides_of(width=1600, aspect_ratio="16:9") == (1600, 900)
    assert sides_of(height=900, aspect_ratio="16:9") == (1600, 900)
    assert sides_of(height=640) == (640, 640)


def test_a_body_that_says_nothing_about_size_gives_1024_square() -> None:
    assert sides_of(prompt="a fox") == (1024, 1024)
    assert sides_of(aspect_ratio="auto", resolution="best", width="800") == (1024, 1024)


def test_fractions_of_a_pixel_are_rounded_and_are_not_beyond_the_bounds() -> None:
    assert image_size({"width": 1024.6, "height": 767.5}) == Size(width=1025, height=768, asked=None)


def test_the_scaling_factor_multiplies_unless_upscaling_is_switched_off() -> None:
    body = {"width": 1000, "height": 500, "image_scaling_factor": 4}

    assert sides_of(**body, upscaling_activated=True) == (4000, 2000)
    assert sides_of(**body, upscaling_activated=False) == (1000, 500)
    assert sides_of(image_scaling_factor=2) == (2048, 2048)


def test_sides_are_rounded_to_the_multiple_a_model_asks_for() -> None:
    size = image_size({"aspect_ratio": "3:2", "resolution": "1K"}, multiple_of=16)

    assert (size.width, size.height) == (1248, 832)


def test_a_size_beyond_the_bounds_keeps_its_aspect_and_tells_the_request() -> None:
    assert image_size({"width": 32_000, "height": 8_000}) == Size(
        width=16_384, height=4_096, asked=(32_000.0, 8_000.0)
    )
    assert image_size({"width": 16_000, "height": 16_000}) == Size(
        width=10_000, height=10_000, asked=(16_000.0, 16_000.0)
    )
    assert image_size({"width": 0.25, "height": 5}) == Size(width=1, height=20, asked=(0.25, 5.0))


def test_sides_that_are_no_lengths_become_one_pixel() -> None:
    assert sides_of(width=-5, height=0) == (1, 1)


def test_a_webp_stays_within_what_its_format_can_hold() -> None:
    assert sides_of(width=16_384, height=100, output_format="webp") == (WEBP_SIDE_PX_MAX, 99)


@example(width=5e-324, height=5e-324, aspect=None, resolution="", factor=None)
@example(width=5e-324, height=1e300, aspect=None, resolution="", factor=5e-324)
@given(
    width=numbers | st.none() | st.text(max_size=5) | st.booleans(),
    height=numbers | st.none(),
    aspect=st.text(max_size=12) | st.from_regex(r"\A[0-9]{0,9}\.?[0-9]{1,9}:[0-9]{1,9}\Z") | st.none(),
    resolution=st.text(max_size=8) | st.from_regex(r"\A[0-9.]{1,9}[kKpP]\Z"),
    factor=numbers | st.none(),
)
def test_no_body_makes_it_raise_or_leave_the_bounds(
    width: object, height: object, aspect: object, resolution: object, factor: object
) -> None:
    body = {"width": width, "height": height, "aspect_ratio": aspect, "resolution": resolution}

    size = image_size({**body, "image_scaling_factor": factor})

    assert 1 <= size.width <= SIDE_PX_MAX
    assert 1 <= size.height <= SIDE_PX_MAX
    assert size.width * size.height <= AREA_PX_MAX


@given(width=sides, height=sides)
def test_the_aspect_is_kept_within_one_pixel_of_rounding(width: float, height: float) -> None:
    size = image_size({"width": width, "height": height})

    wide, high = size.width / width, size.height / height
    slack = max(1 / size.width, 1 / size.height) * 1.01
    assert math.isclose(wide, high, rel_tol=slack)
    assert (size.asked is None) == (abs(wide - 1) * width <= 0.5 and abs(high - 1) * height <= 0.5)


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ({"width": 800, "height": 700, "image_scaling_factor": 2, "upscaling_activated": False}, (800, 700)),
        ({"width": 800, "height": 700, "image_scaling_factor": 2, "upscaling_activated": True}, (1600, 1400)),
        ({"image_scaling_factor": 2}, (600, 400)),
        ({"image_scaling_factor": 0.1}, (30, 20)),
        ({"image_scaling_factor": 2, "upscaling_activated": False}, (300, 200)),
        ({"target_width": 900, "target_height": 100}, (900, 100)),
        ({"target_width": 900}, (900, 600)),
        ({"target_height": 100}, (150, 100)),
        ({"upscale_factor": 1.5}, (450, 300)),
        ({}, (300, 200)),
    ],
)
def test_an_enhance_models_size_follows_its_fields_and_its_input(
    body: dict[str, object], size: tuple[int, int]
) -> None:
    enhanced = enhanced_size(body, (300, 200))

    assert ((enhanced.width, enhanced.height), enhanced.asked) == (size, None)


def test_an_input_that_would_grow_beyond_the_bounds_keeps_its_aspect() -> None:
    for factor in (1e9, 1e149, 1e305):
        enormous = enhanced_size({"image_scaling_factor": factor}, (300, 200))
        assert (enormous.width, enormous.height) == (12_247, 8_164)
    assert sides_of(width=600, height=100, image_scaling_factor=1e-305) == (6, 1)
    assert enhanced_size({"image_scaling_factor": 32}, (4_000, 3_000)) == Size(
        width=11_547, height=8_660, asked=(128_000.0, 96_000.0)
    )
    assert enhanced_size({"image_scaling_factor": 2, "output_format": "webp"}, (10_000, 100)) == Size(
        width=WEBP_SIDE_PX_MAX, height=163, asked=(20_000.0, 200.0)
    )


@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["width", "height", "target_width", "target_height", "image_scaling_factor", "upscale_factor"]
        ),
        numbers | st.none() | st.text(max_size=5),
    ),
    source=st.tuples(st.integers(1, SIDE_PX_MAX), st.integers(1, SIDE_PX_MAX)),
)
def test_no_body_and_no_input_enhance_beyond_the_bounds(
    fields: dict[str, object], source: tuple[int, int]
) -> None:
    size = enhanced_size(fields, source)

    assert 1 <= size.width <= SIDE_PX_MAX
    assert 1 <= size.height <= SIDE_PX_MAX
    assert size.width * size.height <= AREA_PX_MAX
