"""A model's prices point by point: every point is what such a job is charged."""

from __future__ import annotations

import pytest

from mockkrea.core.catalogue import Catalogue, Model
from mockkrea.core.money import Unit
from mockkrea.core.price_points import price_points
from mockkrea.core.pricing import DIMENSIONS, price_of
from mockkrea.data import load_catalogue

TABLE = """
resolution  usd/s
720p        0.1
1080p       0.2
"""
REFERENCES = """
resolution  usd  usd/reference  free_references
1k          0.1  0.01           1
"""


def a_model(fields: dict[str, str], **figures: str) -> Model:
    facts = {"name": "A", "about": "A model.", "fields": fields} | figures
    assumed = {"video": {"compute_units": "80/s", "seconds": "90", "job_type": "videoV2"}}
    return Catalogue.read(
        {"edition": "2026-01-01", "assumed": assumed, "models": {"video/a/b": facts}}
    ).models[0]


def told(model: Model, unit: Unit = Unit.USD) -> list[tuple[dict[str, str], int]]:
    return [(dict(point.where), point.amount) for point in price_points(model, unit)]


def test_a_table_is_told_as_it_stands() -> None:
    model = a_model({"mode": "std | pro"}, usd="mode  usd\nstd  0.1\npro  0.2")

    assert told(model) == [({"mode": "std"}, 100_000), ({"mode": "pro"}, 200_000)]


def test_a_rate_is_told_out_for_each_listed_duration() -> None:
    model = a_model({"duration": "5 | 10 = 5", "resolution": "720p | 1080p = 720p"}, usd=TABLE)

    assert told(model) == [
        ({"resolution": "720p", "duration": "5"}, 500_000),
        ({"resolution": "720p", "duration": "10"}, 1_000_000),
        ({"resolution": "1080p", "duration": "5"}, 1_000_000),
        ({"resolution": "1080p", "duration": "10"}, 2_000_000),
    ]


def test_a_rate_is_told_out_for_each_whole_second_between_the_bounds() -> None:
    model = a_model({"duration": "number 2.5..5 = 3"}, usd="0.1/s")

    assert told(model) == [({"duration": str(n)}, n * 100_000) for n in (3, 4, 5)]


def test_a_rate_without_bounds_stays_a_rate_of_one_second() -> None:
    [point] = price_points(a_model({"video_url": "uri"}, usd="0.1/s"), Unit.USD)

    assert (dict(point.where), point.amount, point.is_per_second) == ({}, 100_000, True)


def test_a_price_of_references_is_told_out_for_each_number_of_them() -> None:
    model = a_model({"image_urls": "list ..3 of uri", "resolution": "1k | 2k"}, usd=REFERENCES)

    assert [amount for _, amount in told(model)] == [100_000, 100_000, 110_000, 120_000]
    assert [where["referenceImageCount"] for where, _ in told(model)] == ["0", "1", "2", "3"]


def test_the_meter_without_a_table_is_told_by_the_rows_of_the_other() -> None:
    model = a_model({"mode": "std | pro"}, usd="mode  usd\nstd  0.011\npro  0.022")

    assert told(model, Unit.COMPUTE_UNITS) == [({"mode": "std"}, 6_000), ({"mode": "pro"}, 12_000)]


@pytest.mark.parametrize("model", load_catalogue().models, ids=lambda model: model.id)
def test_dimensions_are_those_that_prices_know_and_no_two_points_are_of_one_case(model: Model) -> None:
    for unit in Unit:
        points = price_points(model, unit)
        cases = [tuple(sorted(point.where.items())) for point in points]

        assert len(set(cases)) == len(cases) > 0
        assert {name for point in points for name in point.where} <= set(DIMENSIONS)
        assert all(point.amount > 0 for point in points)
        if not cases[0]:
            price = price_of(model, {"duration": 1} if points[0].is_per_second else {})
            assert points[0].amount == (price.usd_micros if unit is Unit.USD else price.cu_thousandths)
