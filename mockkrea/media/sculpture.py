"""What a 3D job's files have to show: the model and the picture of it are of one shape."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from mockkrea.core.jobs import Job
from mockkrea.media.media_file import Extent, MediaFile, provenance_of

PREVIEW_SIDE_PX = 1_024


# The fields that say how many faces a model may have, at most or about; each is a limit here (ASSUMED).
FACE_LIMITS = ("face_limit", "face_count", "target_polycount", "decimation_target")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped(MediaFile):
    """A file of a 3D model's shape, which has no more triangles than `triangles_max`."""

    triangles_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sculpture(Shaped):
    """A 3D model."""

    @property
    def media_type(self) -> str:
        """Binary glTF."""
        return "model/gltf-binary"


class ExportFormat(StrEnum):
    """What `file_format` of an export may say (documented)."""

    OBJ = "OBJ"
    FBX = "FBX"
    STL = "STL"
    PLY = "PLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Shaped):
    """The 3D model in another format."""

    format: ExportFormat

    @property
    def media_type(self) -> str:
        """A zip archive."""
        return "application/zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(Shaped):
    """A picture of the sculpture with the same words."""

    side: int = PREVIEW_SIDE_PX

    @property
    def media_type(self) -> str:
        """PNG."""
        return "image/png"

    @property
    def extent(self) -> Extent:
        """Its sides, which are equal."""
        return Extent(self.side, self.side)


def sculpture_of(job: Job) -> Sculpture:
    """The 3D model of a completed job."""
    return Sculpture(**provenance_of(job), triangles_max=_triangles_max(job))


def preview_of(job: Job) -> Preview:
    """The picture of a completed job's 3D model."""
    return Preview(**provenance_of(job), triangles_max=_triangles_max(job))


def export_of(job: Job, format: ExportFormat) -> Export:
    """The model of a completed 3D job in another format."""
    return Export(**provenance_of(job), triangles_max=_triangles_max(job), format=format)


def _triangles_max(job: Job) -> int | None:
    limits = (job.order.input.get(name) for name in FACE_LIMITS)
    return min((math.floor(limit) for limit in limits if isinstance(limit, int | float)), default=None)
