"""The result of an enhance job: its input picture, enlarged, so that before and after can be compared.

The input is resampled and, before that, slightly sharpened, so that a viewer sees a difference; no detail is
made up. The caption hides the picture's foot, where a picture of ours has its own; what is above it stands
where it stood in the input.
"""

from __future__ import annotations

import io

from PIL import Image, ImageFilter, ImageOps

from mockkrea.core.errors import InvalidMedia
from mockkrea.media import caption
from mockkrea.media.draw import encoded, picture_details
from mockkrea.media.formats import ImageFormat
from mockkrea.media.picture import Picture
from mockkrea.media.probe.pictures import opened, upright
from mockkrea.media.probe.source import Source, Unreadable

PAPER, INK = (22, 22, 26), (255, 255, 255)
SHARPEN_RADIUS_PX, SHARPEN_PERCENT, SHARPEN_THRESHOLD = 1.0, 60, 2

# Modes whose colour profile still holds once they are RGB.
_OF_RGB = frozenset({"RGB", "RGBA", "P"})


def enlarged(source: bytes, picture: Picture, *, crop: bool = False) -> bytes:
    """PNG, JPEG or WebP bytes, width x height pixels of `picture`, which show the source.

    A source of another aspect gets bars beside it, or is cut with `crop` (as the Topaz field `crop_to_fill`
    says; ASSUMED for models without it). Transparency is kept but in a JPEG, where white lies behind it.

    Raises:
        InvalidMedia: the source is no JPEG, PNG or WebP, or cannot be decoded.
    """
    try:
        with opened(Source(io.BytesIO(source))) as image:
            image.load()
            shown = upright(image)
            sheet = _resized(_in_colours(shown), picture, crop=crop)
    except Unreadable as why:
        raise InvalidMedia(f"The picture to enhance is of no use: {why}.") from why
    if picture.format is ImageFormat.JPEG and sheet.mode == "RGBA":
        sheet = _on_white(sheet)
    _draw_caption(sheet, picture, f"enlarged from {shown.width} × {shown.height}")
    return encoded(sheet, picture)


def _in_colours(image: Image.Image) -> Image.Image:
    """The picture as "RGB", or as "RGBA" if any of it can be seen through."""
    if image.mode.startswith("I"):
        # 16 bits of grey, which Pillow would cut off at 255.
        image = image.point(lambda grey: grey * (1 / 256)).convert("L")
    colours = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode not in _OF_RGB:
        colours.info.pop("icc_profile", None)
    return colours


def _resized(image: Image.Image, picture: Picture, *, crop: bool) -> Image.Image:
    sharp = image.filter(ImageFilter.UnsharpMask(SHARPEN_RADIUS_PX, SHARPEN_PERCENT, SHARPEN_THRESHOLD))
    size = picture.width, picture.height
    if crop:
        return ImageOps.fit(sharp, size, Image.Resampling.LANCZOS)
    return ImageOps.pad(sharp, size, Image.Resampling.LANCZOS)


def _on_white(image: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", image.size, "white")
    sheet.paste(image, mask=image.getchannel("A"))
    sheet.info.update(image.info)
    return sheet


def _draw_caption(sheet: Image.Image, picture: Picture, origin: str) -> None:
    strip = caption.strip_for(sheet.width, sheet.height)
    if not strip.rows:
        return
    top = sheet.height - strip.height
    words = caption.draw_strip(strip, picture.prompt, [*picture_details(picture), origin])
    sheet.paste(PAPER, (0, top, sheet.width, sheet.height))
    sheet.paste(INK, (0, top), words)
