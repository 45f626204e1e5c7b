"""Which blobs the jobs of a world hold: the bytes of their media inputs, for as long as a job is kept.

A world forgets its oldest finished jobs on its own. Their blobs are let go a few at a time, whenever
another job with media comes, so that no single submission pays for all of them.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import islice

from mockkrea.journal.blobs import Blobs

LOOKED_AT_ONCE = 32


class JobBlobs:
    """The blobs that jobs hold, by job id."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._of_job: dict[str, Sequence[str]] = {}

    def hold(self, job_id: str, blobs: Sequence[str]) -> None:
        """Let a job hold blobs that the world holds already, each once more for every time it is named."""
        for blob in blobs:
            self._blobs.hold(blob)
        if blobs:
            self._of_job[job_id] = blobs

    def release_forgotten(self, kept_jobs: Container[str]) -> None:
        """Release the blobs of some jobs that are not kept any more."""
        for job_id in list(islice(self._of_job, LOOKED_AT_ONCE)):
            blobs = self._of_job.pop(job_id)
            if job_id in kept_jobs:
                self._of_job[job_id] = blobs  # at the end: others are looked at before it is again
            else:
                for blob in blobs:
                    self._blobs.release(blob)

    def clear(self) -> None:
        """Forget all jobs; the world releases everything it holds."""
        self._of_job.clear()
