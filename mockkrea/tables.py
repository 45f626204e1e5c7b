"""The catalogue on a terminal: plain columns for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby, zip_longest

from mockkrea.core.catalogue import Catalogue, Model
from mockkrea.core.fields import Schema
from mockkrea.core.money import Unit, in_whole_units, in_words
from mockkrea.core.pricing import ListedPrice, price_list
from mockkrea.validation.words import expectation

DIGITS = "0123456789."

# What is paid by the second.
RATES = ("per_second", "per_billable_second")


def models_as_text(catalogue: Catalogue) -> str:
    """All models, one a line, with the lowest price on each meter."""
    rows = [(model.id, model.name, *_cheapest(model), _note(model)) for model in catalogue.models]
    return _columns([("MODEL", "NAME", "FROM", "", "NOTE"), *rows])


def models_as_json(catalogue: Catalogue) -> str:
    """All models as a JSON list."""
    return json.dumps([_facts(model) for model in catalogue.models], indent=2, ensure_ascii=False)


def model_as_text(model: Model) -> str:
    """One model: what it is, what it costs, what it takes."""
    return (
        f"{model.id} · {model.name}\n{model.description}\n{_remarks(model)}\n"
        f"{_columns([('COSTS', 'API TOKEN', 'OAUTH'), *_price_rows(model)])}\n\n"
        f"{_columns([('FIELD', '', 'TAKES', 'DEFAULT'), *_fields(model.input_schema)])}"
    )


def model_as_json(model: Model) -> str:
    """One model with the JSON Schema of its request body."""
    return json.dumps(_facts(model) | {"input_schema": model.input_schema}, indent=2, ensure_ascii=False)


def _fields(schema: Schema, before: str = "") -> Iterator[tuple[str, str, str, str]]:
    """The fields of an object, each followed by what it is made of: `styles[].id`, `camera_control.type`."""
    required = schema.get("required", ())
    for name, part in schema["properties"].items():
        is_required = "required" if name in required else ""
        yield before + name, is_required, expectation(part), _default(part)
        yield from _parts(part, before + name)


def _parts(schema: Schema, name: str) -> Iterator[tuple[str, str, str, str]]:
    items = schema.get("items")
    for form in schema.get("oneOf", (schema,)):
        if "properties" in form:
            yield from _fields(form, f"{name}.")
    if items is not None and "properties" not in items:
        yield f"{name}[]", "", expectation(items), ""
    elif items is not None:
        yield from _fields(items, f"{name}[].")


def _facts(model: Model) -> dict[str, object]:
    prices = [
        {
            "when": price.when,
            "usd": _number(Unit.USD, price.usd_micros),
            "compute_units": _number(Unit.COMPUTE_UNITS, price.cu_thousandths),
        }
        for price in price_list(model)
    ]
    return {
        "id": model.id,
        "name": model.name,
        "category": model.category.value,
        "description": model.description,
        "job_type": model.job_type,
        "prices": prices,
        "sunset": model.sunset,
        "replacement": model.replacement,
        "last_seen": model.last_seen,
        "assumed": sorted(model.assumed),
        "source": model.source,
    }


def _note(model: Model) -> str:
    if model.sunset is not None:
        return f"gone since {model.sunset}"
    if model.last_seen is not None:
        return f"last seen {model.last_seen}"
    return "price assumed" if "price" in model.assumed else ""


def _remarks(model: Model) -> str:
    """What else there is to know, a sentence a line."""
    remarks = []
    if model.sunset is not None:
        instead = f"; use {model.replacement}" if model.replacement else ""
        remarks.append(f"From {model.sunset} on it is answered with 410{instead}.")
    if model.last_seen is not None:
        remarks.append(f"Krea's list had it last in {model.last_seen}: deprecated or removed since.")
    if model.assumed:
        remarks.append(f"Assumed, for want of a source: {', '.join(sorted(model.assumed))}.")
    return "".join(f"{remark}\n" for remark in remarks)


def _cheapest(model: Model) -> tuple[str, str]:
    """The lowest amount on either meter, what comes on top for references left aside."""
    prices = [price for price in price_list(model) if price.per != "per_reference"]
    usd = min((price.usd_micros, price.per) for price in prices if price.usd_micros is not None)
    cu = min((price.cu_thousandths, price.per) for price in prices if price.cu_thousandths is not None)
    return _words(Unit.USD, *usd), _words(Unit.COMPUTE_UNITS, *cu)


def _price_rows(model: Model) -> Iterator[tuple[str, str, str]]:
    """The price list, but three rows or more that differ in their last number only are one range."""
    for _, group in groupby(price_list(model), key=lambda price: price.when.rstrip(DIGITS)):
        prices = list(group)
        if len(prices) < 3:
            yield from ((price.when, *_amounts(price)) for price in prices)
            continue
        last = prices[-1].when.rpartition(" ")[2]
        usd = _range(Unit.USD, [price.usd_micros for price in prices])
        cu = _range(Unit.COMPUTE_UNITS, [price.cu_thousandths for price in prices])
        yield f"{prices[0].when} to {last}", usd, cu


def _range(unit: Unit, amounts: list[int | None]) -> str:
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return ""
    return f"{_number(unit, min(known))} to {in_words(unit, max(known))}"


def _amounts(price: ListedPrice) -> tuple[str, str]:
    return (
        _words(Unit.USD, price.usd_micros, price.per),
        _words(Unit.COMPUTE_UNITS, price.cu_thousandths, price.per),
    )


def _words(unit: Unit, amount: int | None, per: str) -> str:
    if amount is None:
        return ""
    return in_words(unit, amount) + (" each second" if per in RATES else "")


def _number(unit: Unit, amount: int | None) -> float | None:
    return None if amount is None else in_whole_units(unit, amount)


def _default(schema: dict[str, object]) -> str:
    return json.dumps(schema["default"], ensure_ascii=False) if "default" in schema else ""


def _columns(rows: Iterable[tuple[str, ...]]) -> str:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
