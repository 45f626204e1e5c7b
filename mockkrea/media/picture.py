"""What a job's picture has to show, before anybody draws it: facts that cost nothing to import."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mockkrea.core.jobs import Job, Output
from mockkrea.core.styles import Style
from mockkrea.media.formats import ImageFormat, output_format
from mockkrea.media.size import image_size

COVER_SIZE = (768, 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All a picture shows. `asked` is the size that was wanted where it is beyond our bounds."""

    width: int
    height: int
    format: ImageFormat
    prompt: str
    seed: int
    model: str
    job_id: str
    asked: tuple[float, float] | None = None


def picture_of(job: Job) -> Picture:
    """The picture that a completed job shows; its order alone decides, whatever the catalogue says today."""
    input = job.order.input
    size = image_size(input, multiple_of=job.order.side_step)
    seed = input.get("seed")
    return Picture(
        width=size.width,
        height=size.height,
        format=output_format(input),
        prompt=str(input.get("prompt") or ""),
        seed=int(seed) if isinstance(seed, int | float) else job.ticket.seed,
        model=job.order.model,
        job_id=job.id,
        asked=size.asked,
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
        job_id=style.id,
    )
