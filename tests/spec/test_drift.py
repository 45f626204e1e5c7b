"""Where a document and the catalogue differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from mockkrea.core.catalogue import Catalogue
from mockkrea.data import Fixtures
from mockkrea.spec.drift import Difference, Kind, differences
from mockkrea.spec.reading import read_spec
from mockkrea.spec.report import as_json, as_text
from tests.asking import FLUX, Json, Krea
from tests.spec.documents import may, own, read

TODAY = "2026-11-22"

# A renaming that is not taken back before long, so that its absence counts.
LATER = "2027-06-19"


def flux(document: Json) -> Json:
    """The operation of Flux."""
    return document["paths"][f"/generate/{FLUX}"]["post"]


def body(document: Json) -> Json:
    """The schema of Flux."""
    return flux(document)["requestBody"]["content"]["application/json"]["schema"]


def fields(document: Json) -> Json:
    """The fields of Flux."""
    return body(document)["properties"]


def prices(document: Json) -> Json:
    """The price points of Flux."""
    return flux(document)["x-krea-pricing"]["price_points"]


def rename(document: Json) -> None:
    """As Krea called it in May."""
    fields(document)["guidance_scale_flux"] = fields(document).pop("guidance_scale")


def describe_otherwise(document: Json) -> None:
    """Another average, other units."""
    flux(document)["description"] = (
        flux(document)["description"].replace("~3 |", "~4 |").replace("~7 ", "~8 ")
    )


CHANGES: dict[str, tuple[Callable[[Json], object], list[Difference]]] = {
    "model added": (
        lambda document: document["paths"].update(
            {
                "/generate/image/acme/dreamer": {"post": flux(document)},
                "/generate/smell/acme/rose": {"post": {}},
            }
        ),
        [Difference("image/acme/dreamer", Kind.MODEL_ADDED), Difference("smell/acme/rose", Kind.MODEL_ADDED)],
    ),
    "model gone": (
        lambda document: document["paths"].pop(f"/generate/{FLUX}"),
        [Difference(FLUX, Kind.MODEL_GONE)],
    ),
    "field added": (
        lambda document: fields(document).update(poses={"type": "array", "items": {"type": "boolean"}}),
        [Difference(FLUX, Kind.FIELD_ADDED, "poses", None, {"type": "array"})],
    ),
    "field gone": (
        lambda document: fields(document).pop("image_url"),
        [
            Difference(
                FLUX,
                Kind.FIELD_GONE,
                "image_url",
                {"type": "null or string (uri)", "bounds": {"maxLength": 1024}},
                None,
            )
        ],
    ),
    "field renamed": (
        rename,
        [Difference(FLUX, Kind.FIELD_RENAMED, "guidance_scale", "guidance_scale", "guidance_scale_flux")],
    ),
    "type": (
        lambda document: fields(document)["width"].update(type="integer"),
        [Difference(FLUX, Kind.TYPE, "width", "number", "integer")],
    ),
    "required": (
        lambda document: fields(document)["styles"]["items"].update(required=["id"]),
        [Difference(FLUX, Kind.REQUIRED, "styles[].strength", True, None)],
    ),
    "bounds": (
        lambda document: fields(document)["steps"].update(maximum=50),
        [Difference(FLUX, Kind.BOUNDS, "steps", {"maximum": 100}, {"maximum": 50})],
    ),
    "options": (
        lambda document: fields(document)["steps"].update(enum=[25, 50]),
        [Difference(FLUX, Kind.OPTIONS, "steps", None, [25, 50])],
    ),
    "default": (
        lambda document: fields(document)["steps"].update(default=20),
        [Difference(FLUX, Kind.DEFAULT, "steps", 25, 20)],
    ),
    "dealt seed": (lambda document: fields(document)["seed"].update(default=3317551338), []),
    "price": (
        lambda document: prices(document)[0].update(amount=0.009),
        [Difference(FLUX, Kind.PRICE, "usd", 0.007, 0.009)],
    ),
    "units and time": (
        describe_otherwise,
        [Difference(FLUX, Kind.PRICE, "compute_units", 3, 4), Difference(FLUX, Kind.TIME, "", 7.0, 8.0)],
    ),
    "silence": (
        lambda document: [flux(document).pop("x-krea-pricing"), flux(document).pop("description")],
        [],
    ),
    "old name": (
        lambda document: flux(document)["x-krea-deprecated-field-aliases"].append(
            {"from": "step", "to": "steps", "sunset_date": "2026-06-19"}
        ),
        [Difference(FLUX, Kind.OLD_NAME, "step", None, "steps")],
    ),
    "old names until": (
        lambda document: flux(document)["x-krea-deprecated-field-aliases"][0].update(sunset_date=LATER),
        [Difference(FLUX, Kind.OLD_NAMES_UNTIL, "", "2026-06-19", LATER)],
    ),
    "old names past": (lambda document: flux(document).pop("x-krea-deprecated-field-aliases"), []),
    "deprecation": (
        lambda document: flux(document).update(deprecated=True),
        [Difference(FLUX, Kind.DEPRECATION, "", "not deprecated", "deprecated")],
    ),
    "keywords": (
        lambda document: fields(document)["styles"]["items"].update(additionalProperties=False),
        [Difference(FLUX, Kind.KEYWORDS, "", None, ["additionalProperties"])],
    ),
    "all of": (
        lambda document: fields(document)["steps"].update(allOf=[{"maximum": 10}]),
        [Difference(FLUX, Kind.BOUNDS, "steps", {"maximum": 100}, {"maximum": 10})],
    ),
    "deprecated field": (
        lambda document: fields(document)["steps"].update(deprecated=True),
        [Difference(FLUX, Kind.DEPRECATION, "steps", None, True)],
    ),
}


@pytest.mark.parametrize(("change", "found"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_the_document_is_the_one_difference_that_is_found(
    krea: Krea, fixtures: Fixtures, change: Callable[[Json], object], found: list[Difference]
) -> None:
    document = own(krea)

    change(document)

    assert differences(fixtures.catalogue, read(document), TODAY) == found


def test_our_own_document_does_not_differ_from_the_catalogue_it_was_made_of(
    krea: Krea, fixtures: Fixtures
) -> None:
    spec = read(own(krea))

    assert len(spec.models) == len(fixtures.catalogue.models) - 3  # those whose sunset has passed
    assert not spec.passed_over
    assert not differences(fixtures.catalogue, spec, TODAY)


def test_endings_are_compared_by_their_dates(krea: Krea, fixtures: Fixtures) -> None:
    def ending(date: str | None) -> Catalogue:
        models = [
            replace(each, sunset=date) if each.id == FLUX else each for each in fixtures.catalogue.models
        ]
        return Catalogue(models, edition="2026-10-09")

    document = own(krea)
    offered = read(document)
    flux(document).update(deprecated=True, description="Draws.\n\nNot available from 2027-01-01 on.")
    deprecated = read(document)

    assert differences(ending("2026-11-22"), offered, TODAY) == [
        Difference(FLUX, Kind.SUNSET, "", "2026-11-22", "still offered")
    ]
    assert differences(ending("2027-01-01"), offered, TODAY) == [
        Difference(FLUX, Kind.DEPRECATION, "", "ends on 2027-01-01", "not deprecated")
    ]
    assert differences(ending("2027-02-01"), deprecated, TODAY) == [
        Difference(FLUX, Kind.SUNSET, "", "2027-02-01", "2027-01-01")
    ]
    assert not differences(ending("2027-01-01"), deprecated, TODAY)


def test_what_is_known_of_krea_since_may_is_found_in_its_document_of_may(fixtures: Fixtures) -> None:
    found = differences(fixtures.catalogue, read_spec(may(), "may.json"), TODAY)
    counts = Counter(each.kind for each in found)

    assert counts[Kind.MODEL_GONE] == 63  # routes that came later
    assert counts[Kind.MODEL_ADDED] == 0
    assert counts[Kind.PRICE] == 0
    assert (
        Difference(FLUX, Kind.FIELD_RENAMED, "guidance_scale", "guidance_scale", "guidance_scale_flux")
        in found
    )
    videos = [each for each in found if each.where == "start_video" and each.kind is Kind.FIELD_ADDED]
    assert len(videos) == 20


def test_a_model_that_cannot_be_read_is_a_difference_with_the_reason(krea: Krea, fixtures: Fixtures) -> None:
    document = own(krea)
    fields(document)["steps"]["enum"] = []
    spec = read(document)

    [found] = differences(fixtures.catalogue, spec, TODAY)

    assert (found.model, found.kind) == (FLUX, Kind.MODEL_UNREADABLE)
    assert "/steps must have at least one value in its enum." in str(found.document)
    assert f"model not read (1)\n  {FLUX}: doc.json#/" in as_text(fixtures.catalogue, spec, [found])


def test_the_report_says_for_people_and_for_programs_what_differs(krea: Krea, fixtures: Fixtures) -> None:
    document = own(krea)
    del document["paths"]["/generate/image/krea/krea-2/large"]
    fields(document)["steps"].update(default=20, maximum=None)
    del fields(document)["steps"]["maximum"]
    fields(document)["\x1b[2J"] = {"not": {}}
    fields(document)["pose"] = {"type": "string"}
    body(document)["required"].append("pose")
    document["paths"]["/generate/image/acme/list"] = {"get": {}}
    spec = read(document)
    found = differences(fixtures.catalogue, spec, TODAY)

    assert as_text(fixtures.catalogue, spec, found).splitlines() == [
        "model gone (1)",
        "  image/krea/krea-2/large",
        "",
        FLUX,
        "  field added        \\x1b[2J",
        "  field added        pose, required",
        "  bounds             steps: maximum 100 → none",
        "  default            steps: 25 → 20",
        "  keywords not read  none → not",
        "",
        "Not compared, these keywords of its schemas: not.",
        "",
        "Not compared, as they take no POST: /generate/image/acme/list.",
        "",
        "6 differences between the catalogue of 2026-10-09 and doc.json:"
        " 1 × model gone, 2 × field added, 1 × bounds, 1 × default, 1 × keywords not read.",
    ]
    report = json.loads(as_json(fixtures.catalogue, spec, found))
    assert report["keywords_not_read"] == ["not"]
    assert report["paths_without_post"] == ["/generate/image/acme/list"]
    assert report["differences"][-2] == {
        "model": FLUX,
        "kind": "default",
        "where": "steps",
        "catalogue": 25,
        "document": 20,
    }
