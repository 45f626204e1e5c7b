"""What a picture's file says about itself: prompt, seed, model, job id and the software. Never a time.

PNG: text chunks by those names (iTXt where Latin-1 cannot say it). JPEG and WebP: EXIF, with the prompt as
ImageDescription in UTF-8, and the rest as JSON in UserComment.
"""

from __future__ import annotations

import json

from PIL import ExifTags, Image, PngImagePlugin

from mockkrea import __version__
from mockkrea.media.picture import Picture

SOFTWARE = f"mockkrea {__version__}"
# An EXIF block has at most 64 KiB; what is left of it holds the other fields.
PROMPT_BYTES_MAX = 60_000


def png_text(picture: Picture) -> PngImagePlugin.PngInfo:
    """Give the text chunks of a PNG."""
    chunks = PngImagePlugin.PngInfo()
    for name, value in {"prompt": picture.prompt, "Software": SOFTWARE, **_facts(picture)}.items():
        chunks.add_text(name, _sayable(value))
    return chunks


def exif(picture: Picture) -> bytes:
    """Give the EXIF block of a JPEG or WebP."""
    block = Image.Exif()
    prompt = _sayable(picture.prompt).encode()[:PROMPT_BYTES_MAX].decode("utf-8", "ignore")
    # Bytes, because Pillow would turn a string into ASCII.
    block[ExifTags.Base.ImageDescription] = prompt.encode()
    block[ExifTags.Base.Software] = SOFTWARE
    # The first eight bytes name the encoding; JSON escapes keep the rest in ASCII.
    comment = b"ASCII\x00\x00\x00" + json.dumps(_facts(picture)).encode()
    block.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    return block.tobytes()


def _facts(picture: Picture) -> dict[str, str]:
    return {"seed": str(picture.seed), "model": picture.model, "job_id": picture.job_id}


def _sayable(text: str) -> str:
    """Replace what no file can hold: NUL, which ends a text, and halves of surrogate pairs."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
