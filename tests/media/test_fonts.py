import random

import pytest
from PIL import ImageFont

from mockkrea.media import fonts


def glyph(file: str, character: str) -> bytes:
    font = fonts.face(file, 24, ImageFont.Layout.BASIC)
    return bytes(font.getmask(character))


@pytest.mark.parametrize("file", fonts.FILES)
def test_what_we_read_of_a_font_agrees_with_what_freetype_draws(file: str) -> None:
    dice = random.Random(file)
    # U+FFFF is no character, so it shows the glyph for missing ones.
    missing = glyph(file, "\uffff")
    letters = [chr(dice.randrange(0x21, 0xFFFD)) for _ in range(3_000)]
    letters = [letter for letter in letters if letter.isalpha()]

    denied = [letter for letter in letters if not fonts.has(file, letter) and glyph(file, letter) != missing]
    empty = [letter for letter in letters if fonts.has(file, letter) and glyph(file, letter) == missing]
    assert not denied
    # A few real letters are boxes too.
    assert len(empty) <= 3


@pytest.mark.parametrize(
    "text",
    ["éüß", "φάρος", "маяк", "منارة", "מגדלור", "समुद्र", "ประภาคาร", "灯塔", "夕暮れ", "등대", "🦊🚀", "→∑½"],
)
def test_every_promised_script_has_a_font(text: str) -> None:
    assert all(fonts.file_for(character) for character in text)


def test_a_character_newer_than_the_fonts_has_no_file() -> None:
    assert fonts.file_for("\N{NAZAR AMULET}") is None


def test_every_font_ships_with_its_licence_within_ten_megabytes() -> None:
    files = sorted(path.name for path in fonts.FOLDER.glob("*.ttf"))
    families = {path.name.removeprefix("LICENSE-") for path in fonts.FOLDER.glob("LICENSE-*")}

    assert files == sorted(fonts.FILES)
    assert all(any(file.startswith(family) for family in families) for file in files)
    assert sum((fonts.FOLDER / file).stat().st_size for file in files) < 10_000_000
