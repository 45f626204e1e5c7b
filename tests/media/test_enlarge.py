import io
from dataclasses import replace

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from mockkrea.core.errors import InvalidMedia
from mockkrea.media.caption import strip_for
from mockkrea.media.draw import render
from mockkrea.media.enlarge import enlarged
from mockkrea.media.formats import ImageFormat
from mockkrea.media.picture import Picture
from tests.media import samples

ASKED = Picture(
    width=400,
    height=300,
    format=ImageFormat.PNG,
    prompt="a lighthouse at dusk",
    seed=42,
    model="enhance/krea/enhance",
    owner_id="0424f602-2999-4d0c-a46e-39cbf0ef384b",
)


def shown(source: bytes, picture: Picture = ASKED, *, crop: bool = False) -> Image.Image:
    image = Image.open(io.BytesIO(enlarged(source, picture, crop=crop)))
    image.load()
    return image


def file_of(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def above_the_caption(image: Image.Image) -> Image.Image:
    return image.crop((0, 0, image.width, image.height - strip_for(*image.size).height))


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def halves(left: str, right: str) -> Image.Image:
    image = Image.new("RGB", (200, 150), left)
    image.paste(right, (100, 0, 200, 150))
    return image


def test_no_caption_of_the_input_shines_through_that_of_the_result() -> None:
    captioned = Image.open(io.BytesIO(render(replace(ASKED, model="m", prompt="an older caption " * 9))))
    bare = captioned.convert("RGB")
    bare.paste("white", (0, bare.height - strip_for(*bare.size).height, *bare.size))

    one, other = shown(file_of(captioned.convert("RGB"))), shown(file_of(bare))

    foot = (0, above_the_caption(one).height, *one.size)
    assert one.crop(foot).tobytes() == other.crop(foot).tobytes()


@pytest.mark.parametrize("format", ImageFormat)
def test_the_result_is_the_input_in_the_size_and_format_that_were_asked_for(format: ImageFormat) -> None:
    source = samples.jpeg(200, 150)

    result = shown(source, replace(ASKED, format=format))

    assert (result.format, result.size) == (format.name, (400, 300))
    before = Image.open(io.BytesIO(source)).resize((400, 300))
    assert apart(above_the_caption(result), above_the_caption(before)) < 3


def test_what_is_above_the_caption_does_not_move_with_its_words() -> None:
    other = replace(ASKED, prompt="other words", owner_id="another job")

    one, two = shown(samples.png(200, 150)), shown(samples.png(200, 150), other)

    assert above_the_caption(one).tobytes() == above_the_caption(two).tobytes()
    assert one.tobytes() != two.tobytes()


def test_edges_are_sharper_than_resampling_alone_leaves_them() -> None:
    source = halves("#555", "#aaa")

    result = above_the_caption(shown(file_of(source))).convert("L")

    plain = above_the_caption(source.resize((400, 300), Image.Resampling.LANCZOS)).convert("L")
    assert ImageStat.Stat(result).extrema[0][1] > ImageStat.Stat(plain).extrema[0][1]


def test_the_file_tells_what_made_it() -> None:
    about = shown(samples.png()).info

    assert (about["prompt"], about["seed"], about["job_id"]) == (ASKED.prompt, "42", ASKED.owner_id)


def test_a_photograph_on_its_side_is_set_upright() -> None:
    lying = file_of(halves("red", "blue"), "JPEG", exif=_orientation(6))

    result = shown(lying, replace(ASKED, width=300, height=400)).convert("RGB")

    assert result.getpixel((150, 20)) == pytest.approx((254, 0, 0), abs=4)
    assert result.getpixel((150, 300)) == pytest.approx((0, 0, 254), abs=4)


@pytest.mark.parametrize("format", [ImageFormat.PNG, ImageFormat.WEBP])
def test_what_could_be_seen_through_still_can(format: ImageFormat) -> None:
    result = shown(samples.png(200, 150, mode="RGBA"), replace(ASKED, format=format))

    assert result.mode == "RGBA"
    least, most = ImageStat.Stat(above_the_caption(result).getchannel("A")).extrema[0]
    assert least < 60
    assert most == 255


def test_white_lies_behind_a_jpeg_of_what_could_be_seen_through() -> None:
    clear = file_of(Image.new("RGBA", (200, 150)))

    result = shown(clear, replace(ASKED, format=ImageFormat.JPEG))

    assert result.getpixel((200, 100)) == (255, 255, 255)


def test_another_aspect_gets_bars_or_is_cut() -> None:
    source = file_of(Image.new("RGB", (100, 100), "red"))
    wide = replace(ASKED, width=400, height=200)

    with_bars, cut = shown(source, wide).convert("RGB"), shown(source, wide, crop=True).convert("RGB")

    assert with_bars.getpixel((50, 50)) == (0, 0, 0)
    assert with_bars.getpixel((200, 50)) == cut.getpixel((50, 50)) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pictures_of_every_mode_can_be_enlarged(mode: str) -> None:
    light = halves("black", "white").convert("L")
    if mode == "I;16":
        image = light.convert("I").point(lambda grey: grey * 256).convert("I;16")
    else:
        image = light.convert(mode)

    result = shown(file_of(image))

    assert apart(above_the_caption(result), above_the_caption(light.resize((400, 300)))) < 4


def test_the_colour_profile_goes_along_with_the_colours_it_explains() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    for format in ImageFormat:
        picture = replace(ASKED, format=format)
        assert (
            shown(file_of(halves("red", "blue"), icc_profile=profile), picture).info["icc_profile"] == profile
        )
    grey = file_of(Image.new("L", (8, 8)), icc_profile=profile)
    assert "icc_profile" not in shown(grey).info


def test_a_tiny_result_has_no_caption_and_a_huge_one_is_made() -> None:
    assert shown(samples.png(), replace(ASKED, width=1, height=1)).size == (1, 1)
    assert shown(samples.png(), replace(ASKED, width=16_383, height=40)).size == (16_383, 40)


@pytest.mark.parametrize("source", [b"", samples.heic(), samples.png()[:-1], samples.gif()])
def test_what_cannot_be_decoded_cannot_be_enlarged(source: bytes) -> None:
    with pytest.raises(InvalidMedia):
        enlarged(source, ASKED)


def _orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif
