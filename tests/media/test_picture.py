import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from PIL import ExifTags, Image, ImageChops

from mockkrea import __version__
from mockkrea.core.clock import SECOND_US
from mockkrea.core.jobs import Job, Ticket
from mockkrea.media import caption
from mockkrea.media.art.composing import compose
from mockkrea.media.caption import draw_strip, strip_for
from mockkrea.media.draw import render
from mockkrea.media.formats import ImageFormat
from mockkrea.media.picture import Picture, picture_of
from tests.making import START_US, an_order

PLAIN = Picture(
    width=320,
    height=240,
    format=ImageFormat.PNG,
    prompt="a lighthouse at dusk",
    seed=42,
    model="image/krea/krea-2/medium",
    owner_id="0424f602-2999-4d0c-a46e-39cbf0ef384b",
)
PROMPTS = {
    "none": "",
    "latin": "Café in Zürich, größer",
    "greek": "Ένας φάρος στο σούρουπο",
    "cyrillic": "Маяк на закате",
    "arabic": "منارة عند الغروب مع 25 قارب",
    "hebrew": "מגדלור בשעת בין ערביים",
    "devanagari": "समुद्र किनारे एक प्रकाशस्तंभ",
    "thai": "ประภาคารยามพลบค่ำ",
    "chinese": "黄昏时分的灯塔，海湾上柔和的光线",
    "japanese": "夕暮れの灯台と柔らかな光",
    "korean": "해질녘의 등대와 부드러운 빛",
    "emoji": "🦊 👩🏽\u200d🚀 ☀️ \U0001f9ff",
    "mixed": "fox שועל 狐 ثعلب лиса 🦊",
    "broken": "half \ud83d\x00\n\ttab\u202e",
    "endless": "lorem ipsum " * 9_000,
}


def opened(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(render(picture)))
    image.load()
    return image


def art(picture: Picture) -> Image.Image:
    strip = strip_for(picture.width, picture.height)
    return opened(picture).convert("RGB").crop((0, 0, picture.width, picture.height - strip.height))


def words(picture: Picture) -> Image.Image:
    strip = strip_for(picture.width, picture.height)
    return (
        opened(picture).convert("RGB").crop((0, picture.height - strip.height, picture.width, picture.height))
    )


@pytest.mark.parametrize("format", ImageFormat)
@pytest.mark.parametrize("size", [(1, 1), (64, 64), (333, 77), (2368, 512), (1, 900), (900, 1)], ids=str)
def test_a_picture_is_a_real_file_of_its_format_and_size(format: ImageFormat, size: tuple[int, int]) -> None:
    image = opened(replace(PLAIN, format=format, width=size[0], height=size[1]))

    assert image.format == format.name
    assert image.size == size
    assert not image.has_transparency_data


def test_a_png_takes_one_byte_per_pixel_in_a_palette() -> None:
    assert opened(PLAIN).mode == "P"


@pytest.mark.parametrize("format", ImageFormat)
def test_the_same_picture_has_the_same_bytes_every_time(format: ImageFormat) -> None:
    picture = replace(PLAIN, format=format)

    assert render(picture) == render(picture)


def test_another_seed_or_prompt_is_visibly_another_picture() -> None:
    for other in (replace(PLAIN, seed=43), replace(PLAIN, prompt="a lighthouse at dawn")):
        differing = (
            ImageChops.difference(art(PLAIN), art(other)).convert("L").point(lambda step: 255 * (step > 24))
        )
        assert differing.histogram()[255] > 0.2 * differing.width * differing.height


def test_another_job_and_model_change_the_caption_and_not_the_art() -> None:
    other = replace(PLAIN, owner_id="9b2d7f44-0000-4000-8000-000000000000", model="image/bfl/flux-1-dev")

    assert art(PLAIN).tobytes() == art(other).tobytes()
    assert words(PLAIN).tobytes() != words(other).tobytes()


def test_a_size_beyond_the_bounds_is_printed_on_the_picture() -> None:
    asked = replace(PLAIN, asked=(32_000.0, 24_000.0))

    assert art(PLAIN).tobytes() == art(asked).tobytes()
    assert words(PLAIN).tobytes() != words(asked).tobytes()


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
@pytest.mark.parametrize("size", [(640, 480), (96, 96)], ids=str)
def test_a_caption_in_any_script_has_ink_on_paper(prompt: str, size: tuple[int, int]) -> None:
    picture = replace(PLAIN, prompt=prompt, width=size[0], height=size[1])
    palette = compose(prompt, picture.seed, *size).palette

    caption = words(picture)
    blank = Image.new("RGB", caption.size, palette.paper)
    inked = ImageChops.difference(caption, blank).convert("L").point(lambda step: 255 * (step > 90))

    share = inked.histogram()[255] / (caption.width * caption.height)
    assert 0.005 < share < 0.3


def test_every_prompt_is_drawn_in_letters_of_its_own() -> None:
    strip = strip_for(640, 480)

    drawn = {draw_strip(strip, prompt, [PLAIN.owner_id]).tobytes() for prompt in PROMPTS.values()}

    assert len(drawn) == len(PROMPTS)


def test_the_strip_depends_on_the_size_alone_and_leaves_most_to_the_art() -> None:
    for width, height in [(1024, 1024), (1368, 768), (768, 1368), (2368, 512), (96, 96), (64, 16_000)]:
        strip = strip_for(width, height)
        assert strip.rows > 0
        assert strip.height <= 0.4 * height


def test_a_picture_too_small_for_letters_has_no_strip() -> None:
    assert strip_for(32, 32).height == 0
    assert strip_for(16_000, 40).height == 0


@pytest.mark.parametrize("prompt", ["plain", "größer", "灯塔 🦊", "line\nbreak"])
def test_a_pngs_text_chunks_tell_what_made_it(prompt: str) -> None:
    image = opened(replace(PLAIN, prompt=prompt))

    assert image.info["prompt"] == prompt
    assert image.info["seed"] == "42"
    assert image.info["model"] == PLAIN.model
    assert image.info["job_id"] == PLAIN.owner_id
    assert image.info["Software"] == f"mockkrea {__version__}"


@pytest.mark.parametrize(("seed", "told"), [(1.5, "1.5"), (-0.25, "-0.25"), (7.0, "7"), (7, "7")])
def test_a_seed_is_told_as_the_number_that_was_asked_for(seed: float, told: str) -> None:
    job = Job(Ticket("j", 1, an_order(input={"prompt": "x", "seed": seed}), START_US, SECOND_US, 42))
    picture = replace(picture_of(job), width=64, height=64)

    assert opened(picture).info["seed"] == told
    assert f"seed {told}" in caption.details_of(picture)


@pytest.mark.parametrize("format", [ImageFormat.JPEG, ImageFormat.WEBP])
@pytest.mark.parametrize(
    "prompt", ["plain", "größer 灯塔 🦊", PROMPTS["endless"]], ids=["plain", "wide", "endless"]
)
def test_the_exif_of_other_formats_tells_what_made_them(format: ImageFormat, prompt: str) -> None:
    exif = opened(replace(PLAIN, format=format, prompt=prompt)).getexif()

    said = exif[ExifTags.Base.ImageDescription]
    text = said.decode() if isinstance(said, bytes) else said.encode("latin-1").decode()
    comment = exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
    assert prompt.startswith(text)
    assert len(text) >= min(len(prompt), 50_000)
    assert exif[ExifTags.Base.Software] == f"mockkrea {__version__}"
    assert json.loads(comment[8:]) == {"seed": "42", "model": PLAIN.model, "job_id": PLAIN.owner_id}


def test_prompts_that_no_file_can_hold_are_still_told_as_far_as_possible() -> None:
    assert opened(replace(PLAIN, prompt="a\x00b\ud83dc")).info["prompt"] == "a\ufffdb?c"


def test_many_threads_draw_the_same_pictures_as_one() -> None:
    pictures = [
        replace(PLAIN, seed=seed, prompt=prompt) for seed in range(4) for prompt in ("fox", "狐", "ثعلب")
    ]
    alone = [render(picture) for picture in pictures]

    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(render, pictures))

    assert together == alone
