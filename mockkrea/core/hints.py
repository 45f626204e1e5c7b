"""What a refusal adds to what is wrong: the word that was probably meant, and a value, cut short."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

# How like a known word another must be to be one misspelt, from 0 to 1. Where the first letter is the same
# less will do: "aspect" may be "aspect_ratio", but "nowhere" is not "other".
LIKENESS, LIKENESS_OF_BEGINNING = 0.7, 0.6

SHOWN_MAX = 60  # characters of a name or value that a message repeats


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` most like `word`, upper and lower case being equal; None if none is like it."""
    by_lower = {each.lower(): each for each in known}
    word = shortened(word).lower()
    begin_so = [each for each in by_lower if each[:1] == word[:1]]
    found = get_close_matches(word, by_lower, 1, LIKENESS) or get_close_matches(
        word, begin_so, 1, LIKENESS_OF_BEGINNING
    )
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean speed?`, to follow a sentence; nothing if no known word is like it."""
    near = nearest_word(word, known)
    return f" Did you mean {near}?" if near else ""


def hint(word: str, known: Collection[str]) -> str:
    """The same, but ` Known: speed, magic.` if no known word is like it."""
    return did_you_mean(word, known) or f" Known: {', '.join(known)}."


def clause(word: str, known: Iterable[str], otherwise: str = ".") -> str:
    """`; did you mean "speed"?`, to end a finding; or `otherwise`."""
    near = nearest_word(word, known)
    return f'; did you mean "{near}"?' if near else otherwise


def shown(value: object) -> str:
    """A value in a sentence, never a large one."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = shortened(str(value))
    return f'"{text}"' if isinstance(value, str) else text


def shortened(text: str) -> str:
    """At most 60 characters of a text, and nothing that cannot be sent as UTF-8."""
    text = text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
    return text.encode("utf-8", "replace").decode()
