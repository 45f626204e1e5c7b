"""Drift on a terminal and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from mockkrea.core.catalogue import Catalogue
from mockkrea.spec.document import printable
from mockkrea.spec.drift import Difference, Kind
from mockkrea.spec.reading import Spec

WHOLE_MODELS = (Kind.MODEL_ADDED, Kind.MODEL_GONE, Kind.MODEL_UNREADABLE)
ONE_SIDED = (Kind.FIELD_ADDED, Kind.FIELD_GONE)


def as_json(catalogue: Catalogue, spec: Spec, found: Sequence[Difference]) -> str:
    """The differences as a JSON object."""
    report = {
        "catalogue": catalogue.edition,
        "document": spec.source,
        "differences": [asdict(each) for each in found],
        "keywords_not_read": sorted(spec.passed_over),
        "paths_without_post": list(spec.without_post),
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def as_text(catalogue: Catalogue, spec: Spec, found: Sequence[Difference]) -> str:
    """The differences for people: whole models, then by model what the catalogue → the document says."""
    return "\n".join(
        [*_whole_models(found), *_changes(found), *_not_read(spec), _summary(catalogue, spec, found)]
    )


def _whole_models(found: Sequence[Difference]) -> Iterator[str]:
    for kind in WHOLE_MODELS:
        models = [each for each in found if each.kind is kind]
        if models:
            yield f"{kind} ({len(models)})"
            yield from (f"  {each.model}{_reason(each)}" for each in models)
            yield ""


def _reason(each: Difference) -> str:
    return f": {each.document}" if each.kind is Kind.MODEL_UNREADABLE else ""


def _changes(found: Sequence[Difference]) -> Iterator[str]:
    changes = [each for each in found if each.kind not in WHOLE_MODELS]
    width = max((len(each.kind) for each in changes), default=0)
    for model, group in groupby(changes, key=lambda each: each.model):
        yield model
        for each in group:
            yield f"  {each.kind:{width}}  {_change(each)}".rstrip()
        yield ""


def _change(each: Difference) -> str:
    if each.kind in ONE_SIDED:
        facts = each.document if each.kind is Kind.FIELD_ADDED else each.catalogue
        is_required = isinstance(facts, dict) and facts.get("required") is True
        return f"{printable(each.where)}{', required' if is_required else ''}"
    change = f"{_words(each.catalogue)} → {_words(each.document)}"
    if each.kind is Kind.FIELD_RENAMED or not each.where:
        return change
    return f"{printable(each.where)}: {change}"


def _words(value: object) -> str:
    """What one side says. A text of several words is a sentence's part and needs no quotes."""
    if value is None:
        return "none"
    if isinstance(value, list) and value and all(isinstance(each, str) and each for each in value):
        return printable(", ".join(value))
    if isinstance(value, dict):
        return ", ".join(f"{printable(str(name))} {_words(part)}" for name, part in value.items())
    return printable(value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False))


def _not_read(spec: Spec) -> Iterator[str]:
    if spec.passed_over:
        keywords = printable(", ".join(sorted(spec.passed_over)))
        yield f"Not compared, these keywords of its schemas: {keywords}."
        yield ""
    if spec.without_post:
        yield f"Not compared, as they take no POST: {printable(', '.join(spec.without_post))}."
        yield ""


def _summary(catalogue: Catalogue, spec: Spec, found: Sequence[Difference]) -> str:
    sides = f"the catalogue of {catalogue.edition} and {spec.source}"
    if not found:
        return f"No difference between {sides}."
    counts = ", ".join(f"{count} × {kind}" for kind, count in Counter(each.kind for each in found).items())
    number = f"{len(found):,} difference{'' if len(found) == 1 else 's'}"
    return f"{number} between {sides}: {counts}."
