"""Every price row that Krea publishes, and what holds between the rows."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockkrea.core.catalogue import Catalogue, Model
from mockkrea.core.pricing import DIMENSIONS, Price, duration_range_us, price_of
from mockkrea.data import load_catalogue
from tests.contract.requirements import requirement

CATALOGUE = load_catalogue()

MOODBOARD = {"moodboards": [{"id": "00000000-0000-0000-0000-000000000000"}]}
STYLE_REFERENCE = {"image_style_references": [{"url": "https://example.com/a.png"}]}

# Model, input, USD in micro-dollars, compute units in thousandths.
PRICES: list[tuple[str, dict[str, object], int, int]] = [
    ("image/krea/krea-2/medium", {}, 30_000, 16_400),
    ("image/krea/krea-2/medium", {**STYLE_REFERENCE}, 35_000, 19_100),
    ("image/krea/krea-2/medium", {**MOODBOARD}, 40_000, 21_800),
    ("image/krea/krea-2/large", {}, 60_000, 32_700),
    ("image/krea/krea-2/large", {**STYLE_REFERENCE}, 65_000, 35_500),
    ("image/krea/krea-2/large", {**MOODBOARD}, 70_000, 38_200),
    ("image/krea/krea-2/medium-turbo", {}, 15_000, 8_200),
    ("image/krea/krea-2/medium-turbo", {**STYLE_REFERENCE}, 17_500, 9_500),
    ("image/krea/krea-2/medium-turbo", {**MOODBOARD}, 20_000, 10_900),
    ("image/bfl/flux-1-dev", {}, 7_000, 3_000),
    ("image/bfl/flux-1-kontext-dev", {}, 21_000, 6_000),
    ("image/google/nano-banana-pro", {"resolution": "1K"}, 150_000, 60_100),
    ("image/google/nano-banana-pro", {"resolution": "2K"}, 150_000, 60_100),
    ("image/google/nano-banana-pro", {"resolution": "4K"}, 300_000, 120_000),
    ("image/openai/gpt-image-2", {}, 232_800, 127_000),
    ("image/bytedance/seedream-4", {}, 31_500, 17_200),
    ("enhance/topaz/standard-enhance", {}, 100_000, 54_500),
]

SECONDS = [
    ("image/krea/krea-2/medium", 9_000_000, 11_000_000),
    ("image/krea/krea-2/large", 9_000_000, 11_000_000),
    ("image/krea/krea-2/medium-turbo", 3_600_000, 4_400_000),
    ("image/bfl/flux-1-dev", 6_300_000, 7_700_000),
    ("image/bfl/flux-1-kontext-dev", 20_700_000, 25_300_000),
    ("image/google/nano-banana-pro", 30_000_000, 40_000_000),
    ("image/openai/gpt-image-2", 49_500_000, 60_500_000),
    ("image/bytedance/seedream-4", 18_000_000, 22_000_000),
    ("enhance/topaz/standard-enhance", 27_000_000, 33_000_000),
]


def a_model(**figures: str) -> Model:
    facts = {"name": "A", "about": "A model.", "fields": {"prompt": "text"}} | figures
    guesses = {"compute_units": "80/s", "seconds": "90", "job_type": "videoV2"}
    return Catalogue.read(
        {"edition": "2026-01-01", "assumed": {"video": guesses}, "models": {"video/a/b": facts}}
    ).models[0]


@pytest.mark.parametrize(("model_id", "input", "usd_micros", "cu_thousandths"), PRICES)
def test_a_job_costs_what_its_row_says_on_both_meters(
    model_id: str, input: dict[str, object], usd_micros: int, cu_thousandths: int
) -> None:
    assert price_of(CATALOGUE.find(model_id), input) == Price(usd_micros, cu_thousandths)


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)
def test_no_price_row_of_the_catalogue_is_without_a_test(model: Model) -> None:
    rows = max(len(figures.rows) for figures in (model.usd, model.compute_units) if figures)

    assert sum(model_id == model.id for model_id, *_ in PRICES) == rows


@pytest.mark.parametrize(("model_id", "shortest_us", "longest_us"), SECONDS)
def test_a_job_takes_about_as_long_as_krea_says(model_id: str, shortest_us: int, longest_us: int) -> None:
    assert duration_range_us(CATALOGUE.find(model_id), {}) == (shortest_us, longest_us)


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)
def test_every_dimension_of_the_catalogue_has_a_meaning(model: Model) -> None:
    for figures in (model.usd, model.compute_units, model.seconds):
        for row in figures.rows if figures else ():
            assert row.where.keys() <= DIMENSIONS.keys()


@requirement("billing:moodboards")
def test_a_moodboard_is_billed_when_there_are_style_references_as_well() -> None:
    both = {**MOODBOARD, **STYLE_REFERENCE}

    assert price_of(CATALOGUE.find("image/krea/krea-2/large"), both).usd_micros == 70_000


def test_trained_styles_and_empty_lists_cost_a_krea_2_job_nothing_more() -> None:
    model = CATALOGUE.find("image/krea/krea-2/medium")
    input = {"styles": [{"id": "a", "strength": 1}], "moodboards": [], "image_style_references": []}

    assert price_of(model, input) == price_of(model, {})


@pytest.mark.parametrize(
    ("dimension", "value", "input"),
    [
        ("resolution", "4K", {"resolution": "4K"}),
        ("resolutionTier", "1.5k", {"width": 1536, "height": 1024}),
        ("resolutionTier", "2k", {"width": 1024, "height": 2048}),
        ("mode", "pro", {"mode": "pro"}),
        ("quality", "low", {"quality": "low"}),
        ("duration", "5", {}),
        ("duration", "10", {"duration": 10.0}),
        ("generateAudio", "true", {"generate_audio": True}),
        ("generateAudio", "false", {"generate_audio": False}),
        ("hasVideoReference", "true", {"reference_videos": ["https://example.com/a.mp4"]}),
        ("hasVideoReference", "true", {"video_reference": {"url": "https://example.com/a.mp4"}}),
        ("hasVideoReference", "false", {"reference_videos": []}),
        ("hasCharacterRefs", "true", {"character_reference_images": ["https://example.com/a.png"]}),
        ("hasLora", "true", {"styles": [{"id": "a", "strength": 1}]}),
        ("hasLora", "false", {}),
        ("referenceImageCount", "3", {"image_urls": ["a", "b"], "reference_images": ["c"]}),
        ("referenceImageCount", "0", {}),
    ],
)
def test_a_dimension_is_read_from_the_input(dimension: str, value: str, input: dict[str, object]) -> None:
    model = a_model(
        usd=f"{dimension} usd\nother 9\n{value} 0.25\n",
        seconds=f"{dimension} seconds\nother 90\n{value} 20\n",
    )

    assert price_of(model, input).usd_micros == 250_000
    assert duration_range_us(model, input) == (18_000_000, 22_000_000)


def test_rows_of_several_dimensions_hold_when_all_of_them_do() -> None:
    model = a_model(
        usd="mode generateAudio usd/s\nstd false 0.1\nstd true 0.2\npro false 0.3\npro true 0.4\n"
    )

    assert price_of(model, {"mode": "pro", "generate_audio": False, "duration": 10}).usd_micros == 3_000_000
    assert price_of(model, {"mode": "std", "generate_audio": True, "duration": 2.5}).usd_micros == 500_000


def test_a_value_between_the_rows_takes_the_nearest_number_of_the_best_row() -> None:
    model = a_model(usd="resolution duration usd\n480p 2 1\n480p 10 2\n720p 2 3\n720p 10 4\n")

    assert price_of(model, {"resolution": "480p", "duration": 7}).usd_micros == 2_000_000
    assert price_of(model, {"resolution": "720p", "duration": 3.5}).usd_micros == 3_000_000


def test_a_value_that_no_row_knows_costs_as_much_as_the_dearest() -> None:
    model = a_model(usd="resolution usd/s\n480p 0.05\n768p 0.08\n")

    assert price_of(model, {"resolution": "1080p", "duration": 5}).usd_micros == 400_000


def test_references_beyond_the_free_ones_are_added_to_the_price() -> None:
    model = a_model(usd="usd/s usd/reference free_references\n0.1365 0.042 5\n")

    assert price_of(model, {"duration": 10, "reference_images": ["x"] * 5}).usd_micros == 1_365_000
    assert price_of(model, {"duration": 10, "reference_images": ["x"] * 7}).usd_micros == 1_449_000


def test_a_video_without_a_known_price_costs_units_by_the_second_of_output() -> None:
    assert price_of(a_model(), {"duration": 10}) == Price(1_466_700, 800_000)
    assert price_of(a_model(), {}) == Price(733_300, 400_000)


def test_an_absurd_duration_has_an_absurd_price_and_no_error() -> None:
    assert price_of(a_model(usd="0.1/s"), {"duration": 1e308}).usd_micros > 10**300


@requirement("billing:derived")
@given(usd_micros=st.integers(0, 10**9))
def test_units_derived_from_dollars_are_the_nearest_tenth(usd_micros: int) -> None:
    exact = Fraction(usd_micros * 6, 11)

    cu = price_of(a_model(usd=f"{usd_micros // 10**6}.{usd_micros % 10**6:06}"), {}).cu_thousandths

    assert cu % 100 == 0
    assert abs(exact - cu) <= 50


@given(cu_thousandths=st.integers(0, 10**9))
def test_dollars_derived_from_units_are_the_nearest_hundredth_of_a_cent(cu_thousandths: int) -> None:
    exact = Fraction(cu_thousandths * 11, 6)

    usd = price_of(
        a_model(compute_units=f"{cu_thousandths // 1000}.{cu_thousandths % 1000:03}"), {}
    ).usd_micros

    assert usd % 100 == 0
    assert abs(exact - usd) <= 50
