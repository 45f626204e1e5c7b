"""What every file of a job has in common: what it says of its origin, whatever else it shows."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypedDict

from mockkrea import __version__
from mockkrea.core.assets import MediaInput
from mockkrea.core.catalogue import Category
from mockkrea.core.jobs import Job

SOFTWARE = f"mockkrea {__version__}"

# Where the input of an enhance job names what it works on.
SOURCE_AT = frozenset({"/image_url", "/video_url"})

# Called again and again while a file is made that takes long: it raises if nobody waits for it any more.
Check = Callable[[], None]


def unchecked() -> None:
    """The check of a making that nothing ends before its end."""


class Provenance(TypedDict):
    """What a file says of its origin, by the names of a MediaFile's fields."""

    prompt: str
    seed: float
    model: str
    owner_id: str


class Extent(NamedTuple):
    """How large a file is to the eye, in pixels, and how long; None where there is nothing to see or hear.

    `has_sound`: it is a video with sound.
    """

    width: int | None = None
    height: int | None = None
    duration_us: int | None = None
    has_sound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile(ABC):
    """A file to be made. Equal ones are equal bytes.

    `owner_id` names the job, or the style whose cover it is.
    """

    prompt: str
    seed: float
    model: str
    owner_id: str

    @property
    @abstractmethod
    def media_type(self) -> str:
        """The Content-Type, as in "image/jpeg"."""

    @property
    def extent(self) -> Extent:
        """How large and how long it is, known without making it."""
        return Extent()

    @property
    def area_px(self) -> int:
        """Pixels that must be in memory at once to make it."""
        return 0

    @property
    def takes_long(self) -> bool:
        """Whether making it may take seconds, as moving pictures and sound do."""
        return False


def provenance_of(job: Job) -> Provenance:
    """The origin that a job's files tell; its order alone decides, whatever the catalogue says today."""
    seed = job.order.input.get("seed")
    if isinstance(seed, float) and seed.is_integer():
        seed = int(seed)
    return Provenance(
        prompt=str(job.order.input.get("prompt") or ""),
        seed=seed if isinstance(seed, int | float) else job.ticket.seed,
        model=job.order.model,
        owner_id=job.id,
    )


def metadata_fields(file: MediaFile) -> dict[str, str]:
    """What the file's metadata say besides the prompt, by name."""
    return {"seed": str(file.seed), "model": file.model, "job_id": file.owner_id}


def tags(file: MediaFile) -> dict[str, str]:
    """The title and the comment of an MP4, MP3 or WAV."""
    return {"title": storable(file.prompt), "comment": json.dumps(metadata_fields(file))}


def storable(text: str) -> str:
    """The text without what no file can hold: NUL, which ends a text, and halves of surrogate pairs."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def source_of(job: Job) -> MediaInput | None:
    """The picture or the video that an enhance job works on, if it is one that mockkrea has."""
    if not job.order.model.startswith(f"{Category.ENHANCE}/"):
        return None
    return next((each for each in job.order.media if each.pointer in SOURCE_AT), None)
