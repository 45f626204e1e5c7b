"""What a job's picture has to show, before anybody draws it: facts that cost nothing to import."""

from __future__ import annotations

from dataclasses import dataclass

from mockkrea.core.jobs import Job
from mockkrea.media.formats import ImageFormat, output_format
from mockkrea.media.size import SIDE_STEP, image_size
from mockkrea.media.work import Work, words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Work):
    """All a picture shows. `asked` is the size that was wanted where it is beyond our bounds."""

    width: int
    height: int
    format: ImageFormat
    asked: tuple[float, float] | None = None

    @property
    def media_type(self) -> str:
        """As its format says."""
        return self.format.media_type

    @property
    def area_px(self) -> int:
        """All its pixels."""
        return self.width * self.height


def picture_of(job: Job) -> Picture:
    """The picture that a completed job shows."""
    input = job.order.input
    size = image_size(input, multiple_of=max(SIDE_STEP, job.order.side_step))
    return Picture(
        width=size.width,
        height=size.height,
        format=output_format(input),
        asked=size.asked,
        **words_of(job),
    )
