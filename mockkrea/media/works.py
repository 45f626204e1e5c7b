"""All kinds of files that jobs have, and who makes which.

What costs to import (Pillow, PyAV) is imported when the first file of a kind is made.
"""

from __future__ import annotations

from collections.abc import Callable

from mockkrea.core.jobs import Job, Role
from mockkrea.media.clip import Clip, clip_of
from mockkrea.media.picture import Picture, picture_of
from mockkrea.media.sculpture import Preview, Sculpture, preview_of, sculpture_of
from mockkrea.media.track import Track, track_of
from mockkrea.media.work import Work

WORK_OF: dict[Role, Callable[[Job], Work]] = {
    Role.IMAGE: picture_of,
    Role.VIDEO: clip_of,
    Role.AUDIO: track_of,
    Role.MODEL: sculpture_of,
    Role.PREVIEW: preview_of,
}


def work_of(job: Job, role: Role) -> Work:
    """One of a completed job's files, as facts; the job's order alone decides them."""
    return WORK_OF[role](job)


def render(work: Work) -> bytes:
    """Make the file. Equal works give equal bytes. Safe to call from many threads."""
    if isinstance(work, Picture):
        from mockkrea.media import draw

        return draw.render(work)
    if isinstance(work, Clip):
        from mockkrea.media import video

        return video.render(work)
    if isinstance(work, Track):
        from mockkrea.media import sound

        return sound.render(work)
    if isinstance(work, Preview):
        from mockkrea.media import preview

        return preview.render(work)
    assert isinstance(work, Sculpture), f"nobody makes a {type(work).__name__}"
    from mockkrea.media import model3d

    return model3d.render(work)
