"""The catalogue against the reference table of Krea's API, which is not part of this repository.

Exceptions from equal schemas, none of which is generated: data URIs in URI fields (ours take them at
any length), URLs of other schemes (ours refuse them), and text of more than 100,000 characters where
the reference names no limit (ours refuse it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from mockkrea.core.catalogue import Figures, Model, Row
from mockkrea.data import load_catalogue
from tests.bodies import broken, some
from tests.contract.requirements import requirement
from tests.figures import published

FILE = Path(__file__).parents[3] / "shared" / "reference" / "catalog-2026-10.yaml"
CATALOGUE = load_catalogue()
BODIES = 200

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the reference table is not beside this checkout")

# Krea's pages have the old names of krea-2's fields, the OpenAPI and with it the reference has not.
KREA_2_RENAMED = {"presetStyles": "styles", "imageStyleRefs": "image_style_references"}

each_model = pytest.mark.parametrize(
    "model", [model for model in CATALOGUE.models if model.sunset is None], ids=lambda model: model.id
)
each_sunset = pytest.mark.parametrize(
    "model", [model for model in CATALOGUE.models if model.sunset is not None], ids=lambda model: model.id
)


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """The whole table."""
    loaded = yaml.load(FILE.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture(scope="module")
def facts(reference: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What it says of each model."""
    return {facts["id"]: facts for facts in reference["models"]}


def test_the_catalogue_has_the_models_of_the_reference_in_its_order_and_those_past_their_sunset(
    reference: dict[str, Any], facts: dict[str, Any]
) -> None:
    gone = {each["id"]: each for each in reference["meta"]["sunset"]}

    assert [model.id for model in CATALOGUE.models if model.sunset is None] == in_order(facts)
    assert {model.id: (model.sunset, model.replacement) for model in CATALOGUE.models if model.sunset} == {
        id: (each["date"], each.get("replacement")) for id, each in gone.items()
    }


def in_order(facts: dict[str, Any]) -> list[str]:
    """The reference's ids, category by category."""
    categories = ["image", "video", "enhance", "audio", "3d"]
    return sorted(facts, key=lambda id: categories.index(id.partition("/")[0]))


@each_model
def test_names_months_and_old_field_names_are_those_of_the_reference(
    model: Model, facts: dict[str, Any]
) -> None:
    expected = facts[model.id]

    assert model.name == expected["name"]
    assert (model.last_seen or "2026-10") == expected["seen"]
    assert model.renamed == expected.get("aliases", KREA_2_RENAMED if "/krea-2/" in model.id else {})
    assert "job_type" in model.assumed or model.job_type == expected.get("job_type", "k2")


@each_model
def test_prices_compute_units_and_seconds_are_those_of_the_reference(
    model: Model, facts: dict[str, Any]
) -> None:
    expected = facts[model.id]

    assert figures_of(model.usd, expected.get("price_usd"), 6)
    assert figures_of(model.compute_units, expected.get("compute_units"), 3) or "price" in model.assumed
    assert ("price" in model.assumed) == (expected.keys().isdisjoint({"price_usd", "compute_units"}))
    assert figures_of(model.seconds, expected.get("seconds"), 6) or "seconds" in model.assumed
    assert ("seconds" in model.assumed) == ("seconds" not in expected)
    if model.compute_units:
        assert model.compute_units.approximate == expected.get("cu_approx", False)


@requirement("validation:schema")
@each_model
def test_bodies_are_taken_and_refused_as_by_the_schema_of_the_reference(
    model: Model, facts: dict[str, Any]
) -> None:
    schema = facts[model.id]["schema"]
    theirs = Draft202012Validator(schema, validate_formats=True)
    ours = Draft202012Validator(model.input_schema, validate_formats=True)
    dice = Random(model.id)

    verdicts = {True: 0, False: 0}
    for _ in range(BODIES):
        body = some(schema, dice)
        assert theirs.is_valid(body), body
        assert ours.is_valid(body), body
        wrong = broken(schema, body, dice)
        assert ours.is_valid(wrong) == theirs.is_valid(wrong), wrong
        verdicts[ours.is_valid(wrong)] += 1

    assert verdicts[False] > BODIES / 4


@each_model
def test_defaults_and_deprecated_fields_are_those_of_the_reference(
    model: Model, facts: dict[str, Any]
) -> None:
    theirs = facts[model.id]["schema"]["properties"]
    if model.deals_seed:
        del theirs["seed"]["default"]

    assert model.input_schema["properties"].keys() == theirs.keys()
    for name, ours in model.input_schema["properties"].items():
        for keyword in ("default", "deprecated"):
            assert ours.get(keyword) == theirs[name].get(keyword), (name, keyword)


@each_sunset
def test_a_model_past_its_sunset_takes_body_and_price_of_the_one_it_is_assumed_to_be_like(
    model: Model,
) -> None:
    like = CATALOGUE.find(model.replacement or "video/google/veo-3.1")
    left_out = set() if model.replacement else {"generate_audio"}

    assert {**like.input_schema, "properties": without(like, left_out)} == model.input_schema
    assert rows_without_audio(model.usd) == rows_without_audio(like.usd)
    assert rows_without_audio(model.compute_units) == rows_without_audio(like.compute_units)


def test_the_table_of_published_figures_has_every_row_of_the_reference(facts: dict[str, Any]) -> None:
    cases = {(case.model, frozenset(case.when.split())): case for case in published()}

    for model_id, expected in facts.items():
        for figure, column in (("price_usd", "usd"), ("compute_units", "cu"), ("seconds", "seconds")):
            for where, amounts in rows(expected.get(figure)):
                if column not in amounts or "per" in where:
                    continue
                case = cases[model_id, frozenset(f"{name}={value}" for name, value in where.items())]
                said = {"usd": case.usd, "cu": case.compute_units, "seconds": case.seconds}[column]
                assert Decimal(said) == Decimal(str(amounts[column])), (model_id, where)


AMOUNTS = {
    "usd": "flat",
    "cu": "flat",
    "seconds": "flat",
    "usd_per_second": "per_second",
    "min": "shortest",
    "max": "longest",
}


def rows(figure: object) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Dimensions and amounts of each row of a figure of the reference; a plain number is one row."""
    if figure is None:
        return
    for row in figure if isinstance(figure, list) else [{"usd": figure, "cu": figure, "seconds": figure}]:
        where = {name: in_words(value) for name, value in row.items() if name not in AMOUNTS}
        yield where, {name: amount for name, amount in row.items() if name in AMOUNTS}


def figures_of(ours: Figures | None, theirs: object, places: int) -> bool:
    """Whether our rows are theirs, in any order."""
    if isinstance(theirs, list) and "per" in theirs[0]:
        [row] = ours.rows if ours else ()
        return row == sum_of_parts(theirs)
    expected = [
        (where, {AMOUNTS[name]: round(amount * 10**places) for name, amount in amounts.items()})
        for where, amounts in rows(theirs)
    ]
    found = [(dict(row.where), dict(row.amounts)) for row in ours.rows] if ours else []
    return sorted(found, key=repr) == sorted(expected, key=repr)


def sum_of_parts(parts: list[dict[str, Any]]) -> Row:
    """The one price that the reference tells in two parts, hailuo-3's."""
    seconds, references = parts
    amounts: Mapping[str, int] = {
        "per_billable_second": round(seconds["usd_per_second"] * 10**6),
        "per_reference": round(references["usd_each"] * 10**6),
        "free_references": references["above"],
    }
    return Row({}, amounts)


def without(model: Model, left_out: set[str]) -> dict[str, Any]:
    """The fields of a model but for these."""
    return {name: part for name, part in model.input_schema["properties"].items() if name not in left_out}


def rows_without_audio(figures: Figures | None) -> list[tuple[dict[str, str], Mapping[str, int]]]:
    """The rows that hold without sound, with no word of it."""
    return [
        ({name: value for name, value in row.where.items() if name != "generateAudio"}, row.amounts)
        for row in (figures.rows if figures else ())
        if row.where.get("generateAudio") != "true"
    ]


def in_words(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
