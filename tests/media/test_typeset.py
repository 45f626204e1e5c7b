import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from mockkrea.media.arabic import joined, visual
from mockkrea.media.typeset import CHARACTERS_MAX, ELLIPSIS, Typesetter, best_layout, is_rtl, readable, runs

LAYOUTS = sorted({best_layout(), ImageFont.Layout.BASIC})


@pytest.fixture(params=LAYOUTS, ids=lambda layout: layout.name)
def typesetter(request: pytest.FixtureRequest) -> Typesetter:
    return Typesetter(20, request.param)


def seen(line: str) -> list[str]:
    return [run.text for run in runs(line)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\r\nlines\tand\x00a bell\x07", "two lines and a bell"),
        ("half \ud83d a pair", "half ⟨U+D83D⟩ a pair"),
        ("an amulet \U0001f9ff", "an amulet ⟨U+1F9FF⟩"),
        ("\u202eevil\u2066 order\u2069", "evil order"),
        ("I ❤\ufe0f 👩🏽\u200d🚀", "I ❤ 👩🚀"),
        ("   ", ""),
    ],
)
def test_what_no_font_can_show_is_named_or_left_out(text: str, shown: str) -> None:
    assert readable(text) == shown


def test_a_very_long_prompt_is_cut_before_it_is_typeset() -> None:
    assert len(readable("word " * 20_000)) <= CHARACTERS_MAX + len(ELLIPSIS)


def test_an_english_line_shows_its_hebrew_words_in_their_place() -> None:
    assert seen("say שלום עולם now") == ["say ", "שלום עולם", " now"]


def test_a_hebrew_line_runs_from_the_right_around_english_words() -> None:
    assert is_rtl("שלום big world 7 כן")
    assert seen("שלום big world כן") == ["כן", " ", "big world", "שלום "]


def test_a_line_of_many_scripts_is_split_by_font_and_loses_nothing() -> None:
    line = "fox 狐 여우 лиса λύκος लोमड़ी 🦊"

    parts = runs(line)

    assert "".join(run.text for run in parts) == line
    assert len({run.file for run in parts}) >= 4


def test_arabic_letters_take_their_forms_without_a_shaping_engine() -> None:
    names = [unicodedata.name(letter) for letter in joined("بيت")]

    assert names == [
        "ARABIC LETTER BEH INITIAL FORM",
        "ARABIC LETTER YEH MEDIAL FORM",
        "ARABIC LETTER TEH FINAL FORM",
    ]


def test_lam_and_alef_become_one_letter_that_joins_no_further() -> None:
    names = [unicodedata.name(letter) for letter in joined("سلام")]

    assert names == [
        "ARABIC LETTER SEEN INITIAL FORM",
        "ARABIC LIGATURE LAM WITH ALEF FINAL FORM",
        "ARABIC LETTER MEEM ISOLATED FORM",
    ]


def test_numbers_and_brackets_survive_being_turned_round() -> None:
    assert visual("שנה 2026 (כן)") == "(ןכ) 2026 הנש"


def test_words_fill_rows_and_the_rest_becomes_an_ellipsis(typesetter: Typesetter) -> None:
    rows = typesetter.wrap("one two three four five six seven eight nine ten", 200, 2)

    assert len(rows) == 2
    assert rows[0].startswith("one two")
    assert rows[1].endswith(ELLIPSIS)
    assert all(typesetter.width_px(row) <= 200 for row in rows)


def test_a_word_wider_than_the_row_is_broken_and_never_lost(typesetter: Typesetter) -> None:
    word = "0424f602-2999-4d0c-a46e-39cbf0ef384b"

    rows = typesetter.wrap(word, 150, 9)

    assert len(rows) > 1
    assert "".join(rows) == word


def test_text_without_spaces_breaks_between_its_characters(typesetter: Typesetter) -> None:
    rows = typesetter.wrap("黄昏时分的灯塔，长时间曝光，海湾上柔和的光线。", 200, 2)

    assert len(rows[0]) >= 8
    assert not any(row.startswith(("，", "。")) for row in rows)


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet=st.characters(), max_size=80), width_px=st.integers(1, 400))
def test_no_text_at_all_breaks_a_line(text: str, width_px: int) -> None:
    pen = ImageDraw.Draw(Image.new("L", (400, 60)))
    for layout in LAYOUTS:
        typesetter = Typesetter(18, layout)
        for line in typesetter.wrap(readable(text), width_px, 3):
            typesetter.draw(pen, (0, 30), line, 255)
