"""The image formats Krea's models can be asked for, and which one a request names.

Source: the `output_format` enums of the enhance models (png, jpg, webp) and of luma/uni-1 (png, jpeg, null).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ImageFormat(StrEnum):
    """A format we can write."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        """The Content-Type, as in "image/jpeg"."""
        return f"image/{self.value}"

    @property
    def extension(self) -> str:
        """The end of the file's name, without a dot."""
        return "jpg" if self is ImageFormat.JPEG else self.value


_NAMED = {"png": ImageFormat.PNG, "jpg": ImageFormat.JPEG, "jpeg": ImageFormat.JPEG, "webp": ImageFormat.WEBP}


def output_format(input: Mapping[str, object]) -> ImageFormat:
    """The format that a normalised request body asks for.

    ASSUMED: a model without the field answers in PNG; its examples end in .png.
    """
    return _NAMED.get(str(input.get("output_format")).lower(), ImageFormat.PNG)
