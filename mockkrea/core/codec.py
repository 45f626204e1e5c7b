"""Core's facts to JSON and back, led by their type hints.

Facts are dataclasses and named tuples of plain things: numbers, texts, words of an enum, tuples, lists,
dictionaries and each other. That is little enough to need no tags: the hints say what was meant.
"""

from __future__ import annotations

import json
import types
from collections import deque
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_bytes(value: object) -> bytes:
    """The value as compact JSON in UTF-8; dictionaries and fields keep their order."""
    return json.dumps(to_data(value), ensure_ascii=False, separators=(",", ":")).encode()


def from_bytes(kind: type[T], text: bytes) -> T:
    """The value of this type that `to_bytes` wrote."""
    made: T = from_data(kind, json.loads(text))
    return made


def to_data(value: object) -> Any:
    """The value as what JSON has. Keys become texts, enums their word, sets sorted lists."""
    if value is None or isinstance(value, bool | int | float | str):
        return value.value if isinstance(value, Enum) else value
    if is_dataclass(value):
        return {each.name: to_data(getattr(value, each.name)) for each in fields(value)}
    if (names := getattr(value, "_fields", None)) is not None:
        return {name: to_data(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): to_data(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(to_data, value))
    assert isinstance(value, list | tuple | deque), f"core keeps no {type(value).__name__}"
    return [to_data(item) for item in value]


def from_data(kind: Any, data: Any) -> Any:
    """The value of this type that `to_data` described."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        [kind] = [each for each in arguments if each is not types.NoneType]
        return None if data is None else from_data(kind, data)
    if origin in (dict, Mapping):
        return {from_data(arguments[0], key): from_data(arguments[1], item) for key, item in data.items()}
    if origin is tuple:
        kinds = arguments[:1] * len(data) if arguments[-1] is ... else arguments
        return tuple(map(from_data, kinds, data))
    if origin in (list, deque, frozenset):
        return origin(from_data(arguments[0], item) for item in data)
    return _made(kind, data) if isinstance(kind, type) else data


def _made(kind: Any, data: Any) -> Any:
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        hints = _hints(kind)
        return kind(**{name: from_data(hints[name], item) for name, item in data.items()})
    # The keys of a JSON object are texts, whatever they were.
    return kind(data) if kind is int or issubclass(kind, Enum) else data


def copy(value: T) -> T:
    """A copy that can be changed without the original noticing; frozen facts are shared.

    A dictionary or list of core's holds things of one kind, so its first thing tells whether they
    have to be copied one by one.
    """
    made: T = _copied(value)
    return made


def _copied(value: Any) -> Any:
    if isinstance(value, dict | list | deque):
        first = next(iter(value.values() if isinstance(value, dict) else value), None)
        if _copied(first) is first:
            return value.copy()
        if not isinstance(value, dict):
            return type(value)(map(_copied, value))
        return {key: _copied(item) for key, item in value.items()}
    kind: Any = type(value)
    if is_dataclass(value) and not kind.__dataclass_params__.frozen:
        return kind(**{each.name: _copied(getattr(value, each.name)) for each in fields(value)})
    return value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
