"""All kinds of files that jobs have: where they lie, what they show, and who makes which.

What costs to import (Pillow, PyAV) is imported when the first file of a kind is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from mockkrea.core.catalogue import Category, Model
from mockkrea.core.errors import InvalidMedia, NotFound
from mockkrea.core.jobs import FileRole, Job
from mockkrea.core.node_apps import OUTPUTS_PATH
from mockkrea.core.state import State
from mockkrea.core.styles import COVERS_PATH, Style
from mockkrea.media.clip import Clip, clip_of
from mockkrea.media.formats import ImageFormat, output_format
from mockkrea.media.media_file import Check, Extent, MediaFile, unchecked
from mockkrea.media.picture import Enlargement, Picture, cover_picture, output_picture, picture_of
from mockkrea.media.sculpture import (
    Export,
    ExportFormat,
    Preview,
    Sculpture,
    export_of,
    preview_of,
    sculpture_of,
)
from mockkrea.media.track import AudioFormat, Track, audio_format, track_of

FILE_OF: dict[FileRole, Callable[[Job], MediaFile]] = {
    FileRole.IMAGE: picture_of,
    FileRole.VIDEO: clip_of,
    FileRole.AUDIO: track_of,
    FileRole.MODEL: sculpture_of,
    FileRole.PREVIEW: preview_of,
}


IMAGE_FILES = {format: {FileRole.IMAGE: f"/files/images/{{id}}.{format.extension}"} for format in ImageFormat}
AUDIO_FILES = {format: {FileRole.AUDIO: f"/files/audio/{{id}}.{format}"} for format in AudioFormat}
VIDEO_FILES = {FileRole.VIDEO: "/files/videos/{id}.mp4"}
SCULPTURE_FILES = {FileRole.MODEL: "/files/models/{id}.glb", FileRole.PREVIEW: "/files/previews/{id}.png"}


EXPORTS_PATH = "/files/exports/"
EXPORT_FILES = {format: f"{EXPORTS_PATH}{{id}}.{format.lower()}.zip" for format in ExportFormat}


class OwnedFile(NamedTuple):
    """A file that is drawn when somebody looks, and the job or the style that it belongs to."""

    file: MediaFile
    owner: Job | Style


def files_for(model: Model, input: Mapping[str, object]) -> Mapping[FileRole, str]:
    """Where the files of a job will lie, with `{id}` for its id.

    As on gen.krea.ai (recorded), but for the name: Krea's is an id of its own.
    """
    return _files_for(model, str(input.get("output_format")))


# Every submission asks.
@lru_cache(maxsize=1024)
def _files_for(model: Model, named_format: str) -> Mapping[FileRole, str]:
    input = {"output_format": named_format}
    match model.medium:
        case Category.VIDEO:
            return VIDEO_FILES
        case Category.AUDIO:
            return AUDIO_FILES[audio_format(input)]
        case Category.THREE_D:
            return SCULPTURE_FILES
        case _:
            return IMAGE_FILES[output_format(input)]


def extent_of_result(job: Job) -> Extent:
    """How large and how long the result will be, also before it is there; of several the first.

    An enhancement of a file that was not measured is taken for a picture of the usual size.
    """
    if job.order.outputs:
        return Extent(job.order.outputs[0].width, job.order.outputs[0].height)
    shown = [role for role in job.files if role is not FileRole.MODEL]
    return FILE_OF[shown[0]](job).extent if shown else Extent()


def owned_file_at(state: State, path: str) -> OwnedFile:
    """What lies at this path, apart from uploads and exports, whosever it is.

    Raises:
        NotFound: nothing lies there, or not yet.
    """
    if path.startswith(OUTPUTS_PATH):
        job, output = state.output_at(path)
        return OwnedFile(output_picture(job, output), job)
    if path.startswith(COVERS_PATH):
        style = state.library.style_of_cover(path)
        return OwnedFile(cover_picture(style), style)
    job, role = state.file_at(path)
    return OwnedFile(FILE_OF[role](job), job)


def export_path(job: Job, format: ExportFormat) -> str:
    """Where a 3D job's model lies in another format."""
    return EXPORT_FILES[format].format(id=job.id)


def export_at(state: State, path: str) -> Export:
    """The export that lies at this path.

    Raises:
        NotFound: there is none.
    """
    for format in ExportFormat:
        job = state.jobs.get(path.removeprefix(EXPORTS_PATH).partition(".")[0])
        if job and FileRole.MODEL in job.files_shown and path == export_path(job, format):
            return export_of(job, format)
    raise NotFound("file", path)


def render(file: MediaFile, source: bytes | None = None, check: Check = unchecked) -> bytes:
    """The bytes of the file, made now. Equal files give equal bytes. Safe to call from many threads.

    Args:
        source: the file that an enlargement enlarges; without it, or if it cannot be decoded here (a HEIC),
            the enlargement is a placeholder of the same size.
        check: called again and again while a video or sound is made, which ends with what it raises.
    """
    match file:
        case Picture():
            return _render_picture(file, source)
        case Clip():
            from mockkrea.media import video

            return video.render(file, check)
        case Track():
            from mockkrea.media import sound

            return sound.render(file, check)
        case Preview():
            from mockkrea.media import preview

            return preview.render(file)
        case Export():
            from mockkrea.media import exports

            return exports.render(file)
        case Sculpture():
            from mockkrea.media import model3d

            return model3d.render(file)
        case _:
            raise AssertionError(f"nobody makes a {type(file).__name__}")


def _render_picture(picture: Picture, source: bytes | None) -> bytes:
    from mockkrea.media import draw, enlarge

    if isinstance(picture, Enlargement) and source is not None:
        with suppress(InvalidMedia):
            return enlarge.enlarged(source, picture, crop=picture.crop)
    return draw.render(picture)
