"""A document's models on sale: the same as ours where it is ours, and its own otherwise."""

from __future__ import annotations

from dataclasses import fields

from mockkrea.core.catalogue import Catalogue, Category, Model
from mockkrea.core.money import Unit
from mockkrea.core.price_points import price_points
from mockkrea.core.pricing import duration_range_us, price_of
from mockkrea.data import Fixtures, load_blank_models, load_catalogue
from mockkrea.spec.reading import Spec, read_spec
from mockkrea.spec.selling import catalogue_of, remarks
from tests.asking import FLUX, IMMEDIATE, Krea, MakeKrea
from tests.bodies import smallest
from tests.spec.documents import describing, may, own, read, small

FILM = "video/acme/film"
DREAMER = "image/acme/dreamer"

ON_SALE = [model.id for model in load_catalogue().models if model.sunset is None]

# What is not compared: a document has its own word for where the figures are from, and not the other.
OF_THE_CATALOGUE_ALONE = {"source", "last_seen"}


def sold(spec: Spec, fixtures: Fixtures) -> Catalogue:
    """The catalogue of the document."""
    return catalogue_of(spec, fixtures.catalogue, load_blank_models())


def test_the_models_of_our_own_document_are_those_it_was_made_of(krea: Krea, fixtures: Fixtures) -> None:
    again = sold(read(own(krea)), fixtures)
    names = [field.name for field in fields(Model) if field.name not in OF_THE_CATALOGUE_ALONE]

    assert [model.id for model in again.models] == ON_SALE
    for model in again.models:
        original = fixtures.catalogue.find(model.id)
        differing = [name for name in names if getattr(model, name) != getattr(original, name)]
        assert not differing, model.id


def test_a_mock_of_our_own_document_serves_the_same_document(
    krea: Krea, make_krea: MakeKrea, fixtures: Fixtures
) -> None:
    document = own(krea)

    again = own(make_krea(catalogue=sold(read(document), fixtures)))

    assert again["paths"] == document["paths"]


def test_prices_that_a_document_gives_are_read_though_the_catalogue_does_not_know_the_model(
    krea: Krea, fixtures: Fixtures
) -> None:
    """Without the built-in rows to fall back on, what was published is charged all the same."""
    nothing = Catalogue([], edition=fixtures.catalogue.edition)

    again = catalogue_of(read(own(krea)), nothing, load_blank_models())

    for model in again.models:
        original = fixtures.catalogue.find(model.id)
        for unit in Unit:
            published = {frozenset(where.items()): rest for where, *rest in price_points(original, unit)}
            charged = {frozenset(where.items()): rest for where, *rest in price_points(model, unit)}
            assert charged == published, model.id
        assert "price" not in model.assumed - original.assumed, model.id


def test_the_small_document_is_sold_as_it_says(fixtures: Fixtures) -> None:
    catalogue = sold(read(small()), fixtures)
    flux, film, dreamer = catalogue.models

    assert [model.id for model in catalogue.models] == [FLUX, FILM, DREAMER]
    assert price_of(flux, {"prompt": "a fox"}) == (500_000, 5_000)
    assert duration_range_us(flux, {}) == (8_100_000, 9_900_000)
    assert (
        price_of(film, {"mode": "std", "generate_audio": False, "duration": 10}).cu_thousandths == 1_100_500
    )
    assert price_of(film, {"mode": "std", "generate_audio": True, "duration": 5}).cu_thousandths == 200_000
    assert (film.name, film.description) == ("Film", "Films.")
    assert (film.renamed, film.renamed_until) == ({"startImage": "start_image"}, "2027-01-31")
    assert film.assumed == {"seconds", "job_type"}
    assert (dreamer.name, dreamer.category) == ("dreamer", Category.IMAGE)
    assert dreamer.assumed == {"price", "seconds", "job_type"}


def test_what_is_filled_in_or_left_out_is_said(fixtures: Fixtures) -> None:
    document = small()
    document["paths"]["/generate/image/acme/list"] = {"get": {}}
    spec = read(document)

    assert list(remarks(spec, fixtures.catalogue)) == [
        "Without a price in US dollars, which is derived from that in compute units, or assumed:"
        f" {FILM}, {DREAMER}.",
        f"Without a price in compute units, which is derived from that in US dollars, or assumed: {DREAMER}.",
        f"Without a time, which is assumed: {FILM}, {DREAMER}.",
        "Left out, as mockkrea has no such category: smell/acme/rose.",
        "Left out, as they take no POST: /generate/image/acme/list.",
        "Schemas are served without these keywords: not.",
    ]


def test_keywords_are_said_without_what_moves_a_cursor_and_unreadable_models_with_the_reason(
    fixtures: Fixtures,
) -> None:
    document = small()
    film = document["components"]["schemas"]["Film"]["properties"]
    film["mode"] = {"\x1b]0;owned\x07": 1}
    document["paths"]["/generate/image/acme/odd"] = {"post": {}}

    *_, unreadable, keywords = remarks(read(document), fixtures.catalogue)

    assert unreadable.startswith(
        "Left out, as it cannot be read: doc.json#/paths/~1generate~1image~1acme~1odd/post"
    )
    assert keywords == "Schemas are served without these keywords: \\x1b]0;owned\\x07, not."


def test_a_figure_that_the_catalogue_knows_stands_where_the_document_is_silent(fixtures: Fixtures) -> None:
    document = describing({"type": "object"})
    document["paths"][f"/generate/{FLUX}"] = document["paths"].pop(f"/generate/{DREAMER}")
    spec = read(document)
    [flux] = sold(spec, fixtures).models

    assert price_of(flux, {}) == price_of(fixtures.catalogue.find(FLUX), {})
    assert f"Without a time, so the built-in catalogue's stands: {FLUX}." in remarks(spec, fixtures.catalogue)


def test_jobs_of_the_small_document_are_judged_priced_and_done_by_it(
    make_krea: MakeKrea, fixtures: Fixtures
) -> None:
    krea = make_krea(IMMEDIATE, catalogue=sold(read(small()), fixtures))

    job = krea.job(krea.submit(FILM, startImage="https://example.com/a.png"))
    refused = krea.generate(FLUX, {"prompt": "a fox", "steps": 51, "styles": [{}]})
    unknown = krea.generate("image/krea/krea-2/medium", {"prompt": "a fox"})

    assert job["status"] == "completed"
    assert refused.status_code == 422
    assert [each["path"] for each in refused.json()["issues"]] == ["/steps", "/styles/0/id"]
    assert unknown.status_code == 404
    assert krea.get(job["result"]["urls"][0]).status_code == 200


def test_every_model_of_krea_in_may_takes_a_job_and_no_other_model_does(
    make_krea: MakeKrea, fixtures: Fixtures
) -> None:
    catalogue = sold(read_spec(may(), "may.json"), fixtures)
    krea = make_krea(IMMEDIATE, catalogue=catalogue)
    krea.control("workspaces/ada-personal/grant", {"usd": 1_000})

    for model in catalogue.models:
        body = {"width": 1024, "height": 1024} if model.multiple_of > 1 else {}
        answer = krea.generate(model.id, smallest(model.input_schema) | body)
        assert answer.status_code == 200, (model.id, answer.text)
        assert krea.job(answer.json()["job_id"])["status"] == "completed"
    assert len(catalogue.models) == 56
    assert krea.generate(FLUX, {"prompt": "a fox", "guidance_scale_flux": 3}).status_code == 200
    assert krea.generate(FLUX, {"prompt": "a fox", "guidance_scale": 3}).status_code == 422
    assert krea.generate("image/krea/krea-2/medium", {"prompt": "a fox"}).status_code == 404
