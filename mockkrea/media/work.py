"""What every file of a job has in common: the words it carries, whatever else it shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypedDict

from mockkrea import __version__
from mockkrea.core.jobs import Job

SOFTWARE = f"mockkrea {__version__}"


class Words(TypedDict):
    """The words of a work, by the names of its fields."""

    prompt: str
    seed: float
    model: str
    job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A file to be made. Works that are equal are equal bytes."""

    prompt: str
    seed: float
    model: str
    job_id: str

    @property
    def media_type(self) -> str:
        """The Content-Type, as in "image/jpeg"."""
        raise NotImplementedError

    @property
    def area_px(self) -> int:
        """Pixels that must be in memory at once to make it."""
        return 0

    @property
    def takes_long(self) -> bool:
        """Whether making it may take seconds, as moving pictures and sound do."""
        return False


def words_of(job: Job) -> Words:
    """The words that a job's files carry; its order alone decides, whatever the catalogue says today."""
    seed = job.order.input.get("seed")
    if isinstance(seed, float) and seed.is_integer():
        seed = int(seed)
    return Words(
        prompt=str(job.order.input.get("prompt") or ""),
        seed=seed if isinstance(seed, int | float) else job.ticket.seed,
        model=job.order.model,
        job_id=job.id,
    )


def facts(work: Work) -> dict[str, str]:
    """Give all facts but the prompt, by name."""
    return {"seed": str(work.seed), "model": work.model, "job_id": work.job_id}


def tags(work: Work) -> dict[str, str]:
    """Give the title and the comment of an MP4, MP3 or WAV."""
    return {"title": sayable(work.prompt), "comment": json.dumps(facts(work))}


def sayable(text: str) -> str:
    """Replace what no file can hold: NUL, which ends a text, and halves of surrogate pairs."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
