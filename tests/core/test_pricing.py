"""Every price row that Krea publishes, and what holds between the rows."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockkrea.core.catalogue import Catalogue, Figures, Model
from mockkrea.core.pricing import DIMENSIONS, Price, duration_range_us, price_of
from mockkrea.data import load_catalogue
from tests.contract.requirements import requirement
from tests.figures import MOODBOARD, STYLE_REFERENCE, Case, input_when, published

CATALOGUE = load_catalogue()
PUBLISHED = published()

# A few prices on both meters: model, input, USD in micro-dollars, compute units in thousandths.
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
    ("enhance/krea/enhance", {}, 73_300, 40_000),
    ("audio/elevenlabs/tts", {}, 36_700, 20_000),
    ("3d/microsoft/trellis", {}, 366_700, 200_000),
    ("video/vidu/q3", {"duration": 16}, 2_346_700, 1_280_000),
    ("video/black-forest-labs/flux-video-edit", {}, 733_300, 400_000),
    ("video/bytedance/seedance-2", {"resolution": "4k", "duration": 15}, 43_006_500, 23_458_100),
    ("image/bytedance/seedream-3", {}, 36_800, 20_000),
    ("video/bytedance/seedance-1.0-lite", {"resolution": "720p", "duration": 5}, 154_000, 84_000),
    ("video/openai/sora-2", {"resolution": "4K", "duration": 8}, 3_360_000, 1_833_000),
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


@requirement("billing:price")
@pytest.mark.parametrize("case", PUBLISHED, ids=str)
def test_a_job_costs_and_lasts_what_krea_published(case: Case) -> None:
    model = CATALOGUE.find(case.model)
    input = input_when(model, dict(part.split("=") for part in case.when.split()))

    price = price_of(model, input)
    if case.usd:
        assert price.usd_micros == Decimal(case.usd) * 1_000_000
    if case.compute_units:
        assert price.cu_thousandths == Decimal(case.compute_units) * 1_000
    if case.seconds:
        assert duration_range_us(model, input) == a_tenth_around(case.seconds)


@pytest.mark.parametrize("model", CATALOGUE.models, ids=lambda model: model.id)
def test_no_row_of_a_published_figure_is_without_a_case(model: Model) -> None:
    cases = [case for case in PUBLISHED if case.model == model.id]

    if "price" not in model.assumed:
        assert rows_of(model.usd) <= sum(case.usd != "" for case in cases)
        assert rows_of(model.compute_units) <= sum(case.compute_units != "" for case in cases)
    if "seconds" not in model.assumed:
        assert rows_of(model.seconds) <= sum(case.seconds != "" for case in cases)


def rows_of(figures: Figures | None) -> int:
    return len(figures.rows) if figures else 0


def a_tenth_around(seconds: str) -> tuple[int, int]:
    """An average and a tenth less and more, or the published range, in microseconds."""
    if ".." in seconds:
        shortest, longest = seconds.split("..")
        return int(shortest) * 1_000_000, int(longest) * 1_000_000
    return int(seconds) * 900_000, int(seconds) * 1_100_000


@pytest.mark.parametrize(
    ("model_id", "seconds"),
    [
        ("image/luma/uni-1", 15),
        ("enhance/topaz/standard-enhance", 30),
        ("audio/elevenlabs/music", 15),
        ("video/vidu/q3", 90),
        ("3d/tripo/tripo", 60),
    ],
)
def test_a_job_of_unknown_duration_takes_as_long_as_its_category_is_assumed_to(
    model_id: str, seconds: int
) -> None:
    assert duration_range_us(CATALOGUE.find(model_id), {}) == a_tenth_around(str(seconds))


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
        ("referenceImageCount", "2", {"style_images": [{"strength": 1}, {"strength": 2}]}),
        ("referenceImageCount", "0", {}),
        ("billableSeconds", "10", {"duration": 10}),
        ("billableSeconds", "10", {"duration": 5, "reference_videos": ["https://example.com/a.mp4"]}),
        ("billableSeconds", "8", {"reference_videos": ["a", "b"], "reference_video_seconds": 3}),
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


@requirement("billing:billable-seconds")
def test_reference_videos_are_billed_by_the_second_like_the_output() -> None:
    model = a_model(usd="usd/billable_second\n0.1\n")

    assert price_of(model, {"duration": 10}).usd_micros == 1_000_000
    assert price_of(model, {"duration": 10, "reference_videos": ["x", "y"]}).usd_micros == 2_000_000
    measured = {"duration": 10, "reference_videos": ["x", "y"], "reference_video_seconds": 2.5}
    assert price_of(model, measured).usd_micros == 1_250_000


@requirement("billing:unpublished")
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
