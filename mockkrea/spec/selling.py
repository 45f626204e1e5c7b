"""A catalogue that sells exactly the models of a document.

What the document does not say comes from the built-in catalogue where that has the model, and is
ASSUMED by category where it has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mockkrea.core.catalogue import Catalogue, Category, Model
from mockkrea.spec.document import printable
from mockkrea.spec.points import agrees, times_of
from mockkrea.spec.reading import Described, Spec

SHOWN_MAX = 5  # models that a remark names

# What documents may be silent of, what it is called, and where else it comes from.
FIGURES = {
    "usd": ("price in US dollars", "derived from that in compute units, or assumed"),
    "compute_units": ("price in compute units", "derived from that in US dollars, or assumed"),
    "seconds": ("time", "assumed"),
}


def catalogue_of(spec: Spec, built_in: Catalogue, blanks: Mapping[Category, Model]) -> Catalogue:
    """The models of the document, in its order.

    Args:
        built_in: where to look for what the document does not say.
        blanks: of each category a model of which nothing is known.
    """
    known = {model.id: model for model in built_in.models}
    return Catalogue(
        (_model(spec.source, each, known.get(each.id, blanks[each.category])) for each in spec.models),
        edition=built_in.edition,
    )


def remarks(spec: Spec, built_in: Catalogue) -> Iterator[str]:
    """What whoever serves the document has to know, a sentence each: what is filled in, what is left out."""
    known = {model.id: model for model in built_in.models}
    for figure, (name, otherwise) in FIGURES.items():
        silent = [each.id for each in spec.models if getattr(each.figures, figure) is None]
        taken_over = [id for id in silent if id in known and _is_known(known[id], figure)]
        assumed = [id for id in silent if id not in taken_over]
        if taken_over:
            yield f"Without a {name}, so the built-in catalogue's stands: {_named(taken_over)}."
        if assumed:
            yield f"Without a {name}, which is {otherwise}: {_named(assumed)}."
    if spec.left_out:
        yield f"Left out, as mockkrea has no such category: {_named(spec.left_out)}."
    for reason in list(spec.unreadable.values())[:SHOWN_MAX]:
        yield f"Left out, as it cannot be read: {reason}"
    if len(spec.unreadable) > SHOWN_MAX:
        yield f"Left out as well: {_named(list(spec.unreadable)[SHOWN_MAX:])}."
    if spec.without_post:
        yield f"Left out, as they take no POST: {_named(spec.without_post)}."
    if spec.passed_over:
        keywords = printable(", ".join(sorted(spec.passed_over)))
        yield f"Schemas are served without these keywords: {keywords}."


def _model(source: str, described: Described, base: Model) -> Model:
    is_as_before = agrees(base, described.figures)
    usd, compute_units, seconds = described.figures
    assumed = set(base.assumed) - {"fields"}
    if not is_as_before:
        assumed.discard("price")
    if seconds is None or times_of(seconds) == times_of(base.seconds):
        seconds = base.seconds
    else:
        assumed.discard("seconds")
    return replace(
        base,
        id=described.id,
        name=described.name,
        description=described.description,
        input_schema=described.input_schema,
        renamed=described.renamed,
        renamed_until=described.renamed_until or base.renamed_until,
        sunset=described.sunset or (base.sunset if described.is_deprecated else None),
        last_seen=None,
        # Between the published points the catalogue's own rows say more than the points do.
        usd=base.usd if is_as_before else usd or base.usd,
        compute_units=base.compute_units if is_as_before else compute_units or base.compute_units,
        seconds=seconds,
        assumed=frozenset(assumed),
        source=source,
    )


def _is_known(model: Model, figure: str) -> bool:
    """Whether the catalogue has this figure from a source."""
    kind = "seconds" if figure == "seconds" else "price"
    return getattr(model, figure) is not None and kind not in model.assumed


def _named(ids: list[str] | tuple[str, ...]) -> str:
    """The first of some models, and how many more there are."""
    shown = ", ".join(ids[:SHOWN_MAX])
    return shown if len(ids) <= SHOWN_MAX else f"{shown} and {len(ids) - SHOWN_MAX} more"
