"""Globs: what they fit, and that no glob makes a text long to read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockkrea.core.globs import fits, overlap
from tests.asking import TIMELESS

GLOBS = st.text("ab/?*", max_size=8)
TEXTS = st.text("ab/\n", max_size=8)


def fits_naively(glob: str, text: str) -> bool:
    """The meaning of a glob, word for word; slow."""
    if glob.startswith("**"):
        return any(fits_naively(glob[2:], text[size:]) for size in range(len(text) + 1))
    if glob.startswith("*"):
        part = text.partition("/")[0]
        return any(fits_naively(glob[1:], text[size:]) for size in range(len(part) + 1))
    if not glob or not text:
        return glob == text
    one_fits = text[0] != "/" if glob[0] == "?" else text[0] == glob[0]
    return one_fits and fits_naively(glob[1:], text[1:])


class Watched(str):
    """A text that counts how many of its characters were read."""

    read = 0

    def __iter__(self) -> Iterator[str]:
        for character in super().__iter__():
            self.read += 1
            yield character


@pytest.mark.parametrize(
    ("glob", "text", "expected"),
    [
        ("image/*", "image/krea", True),
        ("image/*", "image/krea/krea-2", False),
        ("image/**", "image/krea/krea-2", True),
        ("**/medium", "image/krea/krea-2/medium", True),
        ("/jobs/?", "/jobs/1", True),
        ("/jobs/?", "/jobs//", False),
        ("/jobs.", "/jobsx", False),
        ("***", "/a/b", True),
        ("", "", True),
    ],
)
def test_one_star_stays_within_a_part_and_two_do_not(glob: str, text: str, expected: bool) -> None:
    assert fits(glob, text) is expected


@TIMELESS
@given(GLOBS, TEXTS)
def test_a_glob_fits_just_what_its_meaning_says_word_for_word(glob: str, text: str) -> None:
    assert fits(glob, text) is fits_naively(glob, text)


@pytest.mark.parametrize("stars", ["*" * 100, "**a" * 100, "*a" * 100, "**/a*" * 50])
def test_a_glob_of_many_stars_reads_a_long_text_no_more_than_once(stars: str) -> None:
    text = Watched("/" + "a" * 9_999)

    assert not fits(f"/{stars}x", text)
    assert text.read <= 10_000


@settings(TIMELESS, max_examples=200)
@given(st.text("ab/*?", max_size=3), st.text("ab/*?", max_size=3))
def test_two_globs_overlap_just_if_some_text_fits_both(glob: str, other: str) -> None:
    # The shortest text has no more characters than both globs together.
    texts = ("".join(text) for length in range(7) for text in product("ab/", repeat=length))

    assert overlap(glob, other) == any(fits(glob, text) and fits(other, text) for text in texts)


def test_two_globs_are_compared_only_while_that_is_quick() -> None:
    assert not overlap("*a" * 150, "*b" * 150)
    assert overlap("*a" * 100_000, "*b" * 100_000)
