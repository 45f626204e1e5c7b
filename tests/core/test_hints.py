"""What a refusal suggests is what was probably meant, or nothing."""

import pytest

from mockkrea.core.hints import nearest_word, shown


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("fxo", ["fox", "hen"], "fox"),
        ("stduio", ["studio"], "studio"),
        ("Statsu", ["status"], "status"),
        ("aspect", ["aspect_ratio", "prompt"], "aspect_ratio"),
        ("nowhere", ["other"], None),
        ("studio", [], None),
    ],
)
def test_only_a_word_that_is_like_it_is_suggested(word: str, known: list[str], near: str | None) -> None:
    assert nearest_word(word, known) == near


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("on", '"on"'),
        ("x" * 100, f'"{"x" * 60}…"'),
        (True, "true"),
        (None, "empty"),
        (2, "2"),
        (2.0, "2.0"),
        ({"a": 1}, "a mapping"),
        ([1], "a list"),
    ],
)
def test_a_value_is_shown_as_it_was_written_and_never_a_large_one(value: object, said: str) -> None:
    assert shown(value) == said
