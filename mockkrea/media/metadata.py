"""What a picture's file says about itself: prompt, seed, model, job id and the software. Never a time.

PNG: text chunks by those names (iTXt where Latin-1 cannot say it). JPEG and WebP: EXIF, with the prompt as
ImageDescription in UTF-8, and the rest as JSON in UserComment.
"""

from __future__ import annotations

import json

from PIL import ExifTags, Image, PngImagePlugin

from mockkrea.media.media_file import SOFTWARE, MediaFile, metadata_fields, storable

# An EXIF block has at most 64 KiB; what is left of it holds the other fields.
PROMPT_BYTES_MAX = 60_000


def png_text(file: MediaFile) -> PngImagePlugin.PngInfo:
    """The text chunks of a PNG."""
    chunks = PngImagePlugin.PngInfo()
    for name, value in {"prompt": file.prompt, "Software": SOFTWARE, **metadata_fields(file)}.items():
        chunks.add_text(name, storable(value))
    return chunks


def exif(file: MediaFile) -> bytes:
    """The EXIF block of a JPEG or WebP."""
    block = Image.Exif()
    prompt = storable(file.prompt).encode()[:PROMPT_BYTES_MAX].decode("utf-8", "ignore")
    # Bytes, because Pillow would turn a string into ASCII.
    block[ExifTags.Base.ImageDescription] = prompt.encode()
    block[ExifTags.Base.Software] = SOFTWARE
    # The first eight bytes name the encoding; JSON escapes keep the rest in ASCII.
    comment = b"ASCII\x00\x00\x00" + json.dumps(metadata_fields(file)).encode()
    block.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    return block.tobytes()
