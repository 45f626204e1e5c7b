"""What a job's picture has to show, before anybody draws it: descriptions that cost nothing to import."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mockkrea.core.assets import MediaInput
from mockkrea.core.jobs import Job, Output
from mockkrea.core.styles import Style
from mockkrea.media.formats import ImageFormat, output_format
from mockkrea.media.media_file import Extent, MediaFile, provenance_of, source_of
from mockkrea.media.size import SIDE_STEP, enhanced_size, image_size

COVER_SIZE = (768, 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(MediaFile):
    """All a picture shows. `asked` is the size that was wanted where it is beyond our bounds."""

    width: int
    height: int
    format: ImageFormat
    asked: tuple[float, float] | None = None

    @property
    def media_type(self) -> str:
        """The Content-Type of its format."""
        return self.format.media_type

    @property
    def extent(self) -> Extent:
        """Its sides."""
        return Extent(self.width, self.height)

    @property
    def area_px(self) -> int:
        """All its pixels."""
        return self.width * self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Enlargement(Picture):
    """A picture that shows another one, as enhance jobs make it. With `crop` it is filled to its edges."""

    source: MediaInput
    crop: bool = False


def picture_of(job: Job) -> Picture:
    """The picture that a completed job shows."""
    source = source_of(job)
    if source is not None and source.width and source.height:
        return _enlargement_of(job, source)
    input = job.order.input
    size = image_size(input, multiple_of=max(SIDE_STEP, job.order.side_step))
    return Picture(
        width=size.width,
        height=size.height,
        format=output_format(input),
        asked=size.asked,
        **provenance_of(job),
    )


def _enlargement_of(job: Job, source: MediaInput) -> Enlargement:
    assert source.width and source.height
    input = job.order.input
    size = enhanced_size(input, (source.width, source.height))
    return Enlargement(
        width=size.width,
        height=size.height,
        format=output_format(input),
        asked=size.asked,
        source=source,
        crop=input.get("crop_to_fill") is True,
        **provenance_of(job),
    )


def output_picture(job: Job, output: Output) -> Picture:
    """The picture that one output of a node app shows."""
    return replace(
        picture_of(job), width=output.width, height=output.height, format=ImageFormat.PNG, asked=None
    )


def cover_picture(style: Style) -> Picture:
    """The picture of a style, in portrait as its URLs have to be (documented)."""
    width, height = COVER_SIZE
    return Picture(
        width=width,
        height=height,
        format=ImageFormat.PNG,
        prompt=style.prompt or style.title or "",
        seed=style.number,
        model=" ".join(style.base_models),
        owner_id=style.id,
    )
