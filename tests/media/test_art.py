from itertools import combinations

import pytest

from mockkrea.media import raster
from mockkrea.media.art.composing import COMPOSITIONS, Art, compose
from mockkrea.media.art.palettes import PALETTES, Rgb
from mockkrea.media.art.shapes import ACCENT, Box, Disc
from mockkrea.media.caption import DETAILS_INK


def luminance(colour: Rgb) -> float:
    """WCAG 2's relative luminance."""
    red, green, blue = ((c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4) for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_mix_of_two_tones_has_a_palette_index_of_its_own() -> None:
    weights = raster.WEIGHTS
    whole = [4 * weight for weight in weights]
    mixed = [
        one * (4 - share) + other * share for one, other in combinations(weights, 2) for share in (1, 2, 3)
    ]

    assert len(set(whole + mixed)) == len(whole) + len(mixed)
    assert max(whole + mixed) < raster.RAMP_FIRST
    assert raster.RAMP_FIRST + raster.RAMP <= 256
    assert len(weights) == ACCENT + 1


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_a_captions_words_stand_out_from_its_paper(palette: object) -> None:
    assert palette in PALETTES
    found = PALETTES[PALETTES.index(palette)]
    paper, ink = found.paper, found.ink
    details = tuple(round(p + (i - p) * DETAILS_INK / 255) for p, i in zip(paper, ink, strict=True))

    assert contrast(paper, ink) >= 7
    assert contrast(paper, (details[0], details[1], details[2])) >= 4.5
    assert len(found.tones) == ACCENT + 1


def test_an_edge_between_two_tones_is_smooth() -> None:
    palette = PALETTES[0]
    art = Art((Box(0, 0, 40, 40, 0), Disc(20, 20, 13, 5)), palette)

    sheet = raster.draw(art, 40, 40)
    sheet.putpalette(raster.colours(palette))
    row = [sheet.convert("RGB").getpixel((x, 12)) for x in range(40)]

    between = [pixel for pixel in row if pixel not in (palette.tones[0], palette.tones[5])]
    assert between
    for pixel in between:
        assert isinstance(pixel, tuple)
        assert palette.tones[5][0] < pixel[0] < palette.tones[0][0]


def test_a_sheet_drawn_in_bands_equals_one_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sheets = []
    for band_px in (raster.BAND_PX_MAX, 4 * 300 * 64):
        monkeypatch.setattr(raster, "BAND_PX_MAX", band_px)
        sheets.append(
            [raster.draw(compose("fox", seed, 300, 200), 300, 200) for seed in range(len(COMPOSITIONS))]
        )

    for whole, banded in zip(*sheets, strict=True):
        assert whole.tobytes() == banded.tobytes()


def test_four_neighbouring_seeds_show_four_compositions_and_palettes() -> None:
    arts = [compose("a fox", seed, 512, 512) for seed in range(4)]

    assert len({art.palette.name for art in arts}) == 4
    assert len({art.shapes for art in arts}) == 4


def test_the_longest_and_thinnest_sheets_stay_cheap_to_compose() -> None:
    for seed in range(len(COMPOSITIONS)):
        assert len(compose("x", seed, 16_384, 1).shapes) < 2_000
        assert len(compose("x", seed, 1, 16_384).shapes) < 2_000
