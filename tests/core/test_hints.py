"""What a refusal suggests is what was probably meant, or nothing."""

import pytest

from mockkrea.core.hints import nearest_word


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
