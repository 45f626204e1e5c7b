"""Where a document and the catalogue differ, model by model and field by field.

A document is silent of what has ended: that it lacks a model past its sunset, one that Krea's last list
lacked already, or old field names past their date is no difference. Nor is what it does not speak of at
all: a price, a time. Names and descriptions are not compared, the catalogue's are in other words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from mockkrea.core.catalogue import Catalogue, Figures, Model
from mockkrea.core.fields import Schema
from mockkrea.core.money import Unit, in_whole_units
from mockkrea.spec.fields import Facts, fields_of
from mockkrea.spec.points import Case, points_of_model, stated_points, times_of
from mockkrea.spec.reading import Described, Spec


class Kind(StrEnum):
    """What differs."""

    MODEL_ADDED = "model added"
    MODEL_GONE = "model gone"
    MODEL_UNREADABLE = "model not read"
    FIELD_ADDED = "field added"
    FIELD_GONE = "field gone"
    FIELD_RENAMED = "field renamed"
    TYPE = "type"
    REQUIRED = "required"
    BOUNDS = "bounds"
    OPTIONS = "options"
    DEFAULT = "default"
    PRICE = "price"
    TIME = "time"
    OLD_NAME = "old name"
    OLD_NAMES_UNTIL = "old names until"
    DEPRECATION = "deprecation"
    SUNSET = "sunset"
    KEYWORDS = "keywords not read"


COMPARED_MAX = 100  # new fields that one which is gone may have become

# The kinds that the facts of a field have, see `fields.py`.
OF_FIELDS = {
    "type": Kind.TYPE,
    "required": Kind.REQUIRED,
    "bounds": Kind.BOUNDS,
    "options": Kind.OPTIONS,
    "default": Kind.DEFAULT,
    "deprecated": Kind.DEPRECATION,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `where` is a field, or the case for which a price holds; "" is the model itself.

    `catalogue` and `document` are JSON values: what each side says, None where it says nothing.
    """

    model: str
    kind: Kind
    where: str = ""
    catalogue: object = None
    document: object = None


def differences(catalogue: Catalogue, spec: Spec, on_date: str) -> list[Difference]:
    """All differences; none if the catalogue is up to date with the document.

    Args:
        on_date: today, as an ISO date: whether a sunset has passed.
    """
    described = {each.id: each for each in spec.models}
    known = {model.id for model in catalogue.models}
    added = [id for id in (*described, *spec.left_out) if id not in known]
    found = [Difference(id, Kind.MODEL_ADDED) for id in added]
    found += [Difference(id, Kind.MODEL_UNREADABLE, "", None, why) for id, why in spec.unreadable.items()]
    for model in catalogue.models:
        if model.id in described:
            found += _model(model, described[model.id], on_date)
        elif model.id in spec.unreadable:
            continue
        elif model.is_available_on(on_date) and model.last_seen is None:
            found.append(Difference(model.id, Kind.MODEL_GONE))
    return found


def _model(model: Model, described: Described, on_date: str) -> Iterator[Difference]:
    yield from _endings(model, described, on_date)
    yield from _fields(model, described.input_schema)
    yield from _old_names(model, described, on_date)
    for unit in Unit:
        yield from _prices(model, described, unit)
    stated = described.figures.seconds
    if stated is not None and times_of(stated) != times_of(model.seconds):
        yield Difference(model.id, Kind.TIME, "", _times(model.seconds), _times(stated))
    if described.passed_over:
        # The catalogue has none of them, so they are a difference whatever they say.
        yield Difference(model.id, Kind.KEYWORDS, "", None, sorted(described.passed_over))


def _endings(model: Model, described: Described, on_date: str) -> Iterator[Difference]:
    if not model.is_available_on(on_date):
        yield Difference(model.id, Kind.SUNSET, "", model.sunset, described.sunset or "still offered")
    elif described.is_deprecated != (model.sunset is not None):
        ends = f"ends on {model.sunset}" if model.sunset else "not deprecated"
        said = "deprecated" if described.is_deprecated else "not deprecated"
        yield Difference(model.id, Kind.DEPRECATION, "", ends, said)
    elif described.sunset is not None and described.sunset != model.sunset:
        yield Difference(model.id, Kind.SUNSET, "", model.sunset, described.sunset)


def _fields(model: Model, schema: Schema) -> Iterator[Difference]:
    here, there = fields_of(model.input_schema), fields_of(schema)
    if model.deals_seed:
        # Its published default is another at each look.
        for facts in (here, there):
            facts.get("seed", {}).pop("default", None)
    gone = {name: facts for name, facts in here.items() if name not in there}
    added = {name: facts for name, facts in there.items() if name not in here}
    for old, new in list(_renamed(gone, added)):
        yield Difference(model.id, Kind.FIELD_RENAMED, old, old, new)
        gone, added = _without(gone, old), _without(added, new)
    for name in _outermost(gone):
        yield Difference(model.id, Kind.FIELD_GONE, name, gone[name], None)
    for name in _outermost(added):
        yield Difference(model.id, Kind.FIELD_ADDED, name, None, added[name])
    for name in here:
        if name in there:
            yield from _facts(model, name, here[name], there[name])


def _facts(model: Model, name: str, here: Facts, there: Facts) -> Iterator[Difference]:
    for word, kind in OF_FIELDS.items():
        ours, theirs = here.get(word), there.get(word)
        if _comparable(ours) == _comparable(theirs):
            continue
        if kind is Kind.BOUNDS:
            ours, theirs = (
                _only_different(ours or {}, theirs or {}),
                _only_different(theirs or {}, ours or {}),
            )
        yield Difference(model.id, kind, name, ours, theirs)


def _only_different(bounds: Facts, others: Facts) -> Facts | None:
    return {word: bound for word, bound in bounds.items() if others.get(word) != bound} or None


def _without(facts: Mapping[str, Facts], name: str) -> dict[str, Facts]:
    """The fields but this one and what it is made of."""
    return {other: each for other, each in facts.items() if other != name and not _is_inside(other, name)}


def _outermost(names: Iterable[str]) -> list[str]:
    """The fields without those that another of them is made of, which come right after it."""
    found: list[str] = []
    for name in names:
        if not found or not _is_inside(name, found[-1]):
            found.append(name)
    return found


def _is_inside(name: str, other: str) -> bool:
    return name.startswith((f"{other}.", f"{other}[", f"{other}("))


def _renamed(gone: Mapping[str, Facts], added: Mapping[str, Facts]) -> Iterator[tuple[str, str]]:
    """Fields that only differ in their names, which are alike."""
    left = dict(added)
    for old, facts in gone.items():
        same = [
            new for new in left if left[new] == facts and new.rpartition(".")[0] == old.rpartition(".")[0]
        ]
        for new in get_close_matches(old, same[:COMPARED_MAX], n=1):
            del left[new]
            yield old, new


def _comparable(value: object) -> object:
    """The value; the order of a field's options does not count."""
    return sorted(json.dumps(each) for each in value) if isinstance(value, list) else json.dumps(value)


def _old_names(model: Model, described: Described, on_date: str) -> Iterator[Difference]:
    if not described.renamed and model.renamed_until <= on_date:
        return
    for old in dict.fromkeys([*model.renamed, *described.renamed]):
        ours, theirs = model.renamed.get(old), described.renamed.get(old)
        if ours != theirs:
            yield Difference(model.id, Kind.OLD_NAME, old, ours, theirs)
    if model.renamed and described.renamed_until not in (None, model.renamed_until):
        yield Difference(model.id, Kind.OLD_NAMES_UNTIL, "", model.renamed_until, described.renamed_until)


def _prices(model: Model, described: Described, unit: Unit) -> Iterator[Difference]:
    theirs = stated_points(described.figures, unit)
    if theirs is None:
        return
    ours = points_of_model(model, unit)
    for case in dict.fromkeys([*ours, *theirs]):
        if ours.get(case) != theirs.get(case):
            yield Difference(
                model.id,
                Kind.PRICE,
                _case(unit, case),
                _price(unit, ours.get(case)),
                _price(unit, theirs.get(case)),
            )


def _case(unit: Unit, case: Case) -> str:
    return ", ".join([unit.value, *(f"{name} {value}" for name, value in sorted(case))])


def _price(unit: Unit, point: tuple[int, bool] | None) -> object:
    if point is None:
        return None
    amount, is_per_second = point
    return f"{in_whole_units(unit, amount)} each second" if is_per_second else in_whole_units(unit, amount)


def _times(figures: Figures) -> object:
    """Seconds, as a number or a range; by case if there are several."""
    times = times_of(figures)
    told = {
        ", ".join(f"{name} {value}" for name, value in sorted(case)): time for case, time in times.items()
    }
    return told[""] if list(told) == [""] else told
