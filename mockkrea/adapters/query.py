"""The parameters of Krea's lists: `limit` and `cursor`, which all of them take (documented), and words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from mockkrea.adapters import wire
from mockkrea.core.clock import moment_of
from mockkrea.core.errors import UnreadableRequest

OUR_CURSOR = re.compile(rf".*\.\d{{6}}(\d{{{wire.CURSOR_NUMBER_DIGITS}}})Z")

LIMIT_DEFAULT, LIMIT_MAX = 100, 1000

Choice = TypeVar("Choice", bound=StrEnum)


def limit_in(query: Mapping[str, str]) -> int:
    """How many items a page shall have, 1 to 1000.

    Raises:
        UnreadableRequest: `limit` says something else.
    """
    text = query.get("limit")
    if text is None:
        return LIMIT_DEFAULT
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= LIMIT_MAX:
        raise UnreadableRequest(f"limit must be a whole number from 1 to {LIMIT_MAX}; it was {text[:40]!r}.")
    return int(text)


def before_in(query: Mapping[str, str]) -> tuple[int, int] | None:
    """The (created_at_us, number) before which a page begins; None for the newest.

    A cursor of ours means before that very item; any other time means strictly before it.

    Raises:
        UnreadableRequest: `cursor` is no time.
    """
    if "cursor" not in query:
        return None
    cursor = query["cursor"]
    # An unescaped plus in a query reads as a space.
    text = cursor[:-6] + cursor[-6:].replace(" ", "+")
    try:
        moment_us = moment_of(text)
    except ValueError:
        raise UnreadableRequest(
            "cursor must be the next_cursor of a page, or a time such as 2026-11-22T10:00:00Z;"
            f" it was {cursor[:60]!r}."
        ) from None
    number = OUR_CURSOR.fullmatch(text)
    return moment_us, int(number[1]) if number else 0


def words_in(query: Mapping[str, str], name: str) -> frozenset[str] | None:
    """The words of a parameter, which have commas between them; None if it is not given.

    Raises:
        UnreadableRequest: it is empty (ASSUMED).
    """
    if name not in query:
        return None
    if not query[name]:
        raise UnreadableRequest(f"{name} must name at least one, with commas between them; it was empty.")
    return frozenset(query[name].split(","))


def choice_in(query: Mapping[str, str], name: str, kind: type[Choice]) -> Choice | None:
    """The word of this kind that a parameter names; None if it is not given.

    Raises:
        UnreadableRequest: it names another.
    """
    text = query.get(name)
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        raise UnreadableRequest(f"{name} must be one of {', '.join(kind)}; it was {text[:40]!r}.") from None
