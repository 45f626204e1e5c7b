"""What a 3D job's files have to show: the model and the picture of it are of one shape."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mockkrea.core.jobs import Job
from mockkrea.media.media_file import Extent, MediaFile, provenance_of

PREVIEW_SIDE_PX = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sculpture(MediaFile):
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
class Export(MediaFile):
    """The 3D model in another format."""

    format: ExportFormat

    @property
    def media_type(self) -> str:
        """A zip archive."""
        return "application/zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(MediaFile):
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
    return Sculpture(**provenance_of(job))


def preview_of(job: Job) -> Preview:
    """The picture of a completed job's 3D model."""
    return Preview(**provenance_of(job))
