"""Drawing a picture: the art its prompt and seed decide, a caption at its foot, as a real file.

Two jobs with one prompt, seed and size show the same art and differ in their captions only. Bytes are equal
for one version of Pillow. Safe to call from many threads.
"""

from __future__ import annotations

import io
import zlib

from PIL import Image

from mockkrea.media import caption, metadata, raster
from mockkrea.media.art.composing import compose
from mockkrea.media.formats import ImageFormat
from mockkrea.media.picture import Picture


def render(picture: Picture) -> bytes:
    """PNG, JPEG or WebP bytes, width x height pixels, sRGB, no alpha.

    The sides are at least 1; a WebP's at most 16,383, as `image_size` sees to.
    """
    return encoded(_draw(picture), picture)


def encoded(sheet: Image.Image, picture: Picture) -> bytes:
    """The file's bytes: the sheet in the picture's format, with its metadata and the sheet's colour profile.

    Args:
        sheet: mode "P", "RGB" or, where the format knows transparency, "RGBA".
    """
    file = io.BytesIO()
    profile = sheet.info.get("icc_profile")
    if picture.format is ImageFormat.PNG:
        # Flat art is runs of one colour: run lengths pack it as well as a search does, in half the time.
        text = metadata.png_text(picture)
        sheet.save(file, "PNG", compress_type=zlib.Z_RLE, pnginfo=text, icc_profile=profile)
        return file.getvalue()
    colours = sheet.convert("RGB") if sheet.mode == "P" else sheet
    about = metadata.exif(picture)
    if picture.format is ImageFormat.JPEG:
        colours.save(file, "JPEG", quality=90, exif=about, icc_profile=profile)
    else:
        # Lossless would be a third as large, and take 1.6 GB for 100 Mpx where this takes 1.
        colours.save(file, "WEBP", quality=85, method=0, exif=about, icc_profile=profile)
    return file.getvalue()


def picture_details(picture: Picture) -> list[str]:
    """What a picture's caption tells below the prompt."""
    size = caption.size_detail((picture.width, picture.height), picture.asked)
    return caption.details_of(picture, size)


def _draw(picture: Picture) -> Image.Image:
    """Draw art and caption: mode "P", one byte per pixel."""
    strip = caption.strip_for(picture.width, picture.height)
    art_height = picture.height - strip.height
    art = compose(picture.prompt, picture.seed, picture.width, art_height)
    sheet = Image.new("L", (picture.width, picture.height))
    sheet.paste(raster.draw(art, picture.width, art_height), (0, 0))
    if strip.rows:
        words = caption.draw_strip(strip, picture.prompt, picture_details(picture))
        sheet.paste(words.point(raster.INK_TO_INDEX), (0, art_height))
    # On an "L" image this turns grey values into palette indices in place, without a copy.
    sheet.putpalette(raster.colours(art.palette))
    return sheet
