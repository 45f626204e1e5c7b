"""How long a client waits for a video that nobody has looked at yet."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import av
from figures import Figure, Goal, NotMeasurable
from servers import mockkrea

from mockkrea.media.video import ENCODER, FRAMES_PER_SECOND

FIRST_BYTE_GOAL = Goal("≤", 250)

# Five seconds of 1280 x 720 with sound.
PATH = "/generate/video/kling/kling-3.0"
BODY = {"duration": 5, "generate_audio": True}
VIDEOS = 8


def measure_videos(folder: Path) -> list[Figure]:
    """Request to first byte of 8 different clips with sound, beside x264's time for the same frames alone.

    Raises:
        NotMeasurable: some clip could not be had.
    """
    first_bytes_ms, bare_ms = [], []
    with mockkrea(folder, "--progression", "immediate") as server, server.client() as client:
        client.grant()
        # The first one pays for importing Pillow and PyAV, and is told apart.
        for number in range(1 + VIDEOS):
            job_id = client.post(PATH, {"prompt": f"video {number}", **BODY})["job_id"]
            [url] = client.get(f"/jobs/{job_id}")["result"]["urls"]
            content, waited_s = client.download(urlsplit(url).path)
            first_bytes_ms.append(waited_s * 1e3)
            bare_ms.append(_bare_encoding_s(_frames(content)) * 1e3)
    return [
        Figure(
            name="video, first byte",
            unit="ms",
            ours=tuple(first_bytes_ms[1:]),
            theirs=tuple(bare_ms[1:]),
            goal=FIRST_BYTE_GOAL,
            more={"first_video_of_all_ms": first_bytes_ms[0]},
        )
    ]


def _frames(content: bytes) -> list[av.VideoFrame]:
    with av.open(io.BytesIO(content), "r") as container:
        frames = list(container.decode(video=0))
        if not container.streams.audio:
            raise NotMeasurable("the clip has no sound.")
    return frames


def _bare_encoding_s(frames: list[av.VideoFrame]) -> float:
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=ENCODER)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        stream.codec_context.thread_count = 1
        began_s = perf_counter()
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        return perf_counter() - began_s
