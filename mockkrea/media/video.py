"""Filming a clip: a slow tilt over the art that prompt and seed decide, above a caption that stands still.

The camera goes down and up again, so the clip loops without a seam; a bar above the caption fills as
time goes by. The first frame is a good still.

How it is fast: a sheet higher than the frame is drawn once and turned into the three planes of a video
by tables from palette index to brightness and colour. The rows that a frame shows of it are one slice
of bytes. x264's bytes depend on the number of its threads, so it gets one. It writes a file on disk,
because only there can the index come to stand in front of the pictures, where players look for it.
Bytes are equal for one version of PyAV and Pillow. Safe to call from many threads.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from PIL import Image

from mockkrea.media import caption, raster
from mockkrea.media.art.composing import compose
from mockkrea.media.art.palettes import Palette, Rgb
from mockkrea.media.art.shapes import ACCENT
from mockkrea.media.clip import Clip
from mockkrea.media.media_file import Check, tags, unchecked
from mockkrea.media.sound import add_sound, encoded
from mockkrea.media.tune import tune

FRAMES_PER_SECOND = 8
ENCODER = {"preset": "ultrafast", "crf": "20"}
SOUND_RATE = 24_000
SOUND_BIT_RATE = 48_000
# By this share the art is higher than what a frame shows of it.
TILT = 0.15
# The bar's height in pixels is the frame's through this.
BAR = 180

# Brightness and the two differences of colour, from R, G and B: BT.709 in 8 bits of limited range.
BT_709 = 1
LIMITED_RANGE = 1
LUMA = (16, 0.1826, 0.6142, 0.0620)
BLUE = (128, -0.1006, -0.3386, 0.4392)
RED = (128, 0.4392, -0.3989, -0.0403)


class _Sheet(NamedTuple):
    """What the camera sees, as indices into a palette's colours: the art, and the words below the bar."""

    art: Image.Image
    bar_height: int
    words: Image.Image | None
    palette: Palette


@dataclass(frozen=True, slots=True)
class _Plane:
    """A sheet in one plane, in which one sample stands for `scale` x `scale` pixels."""

    art: memoryview
    words: bytes
    bar_height: int
    bar: tuple[bytes, bytes]
    row: int
    scale: int

    def frame(self, window: range, filled: int) -> bytes:
        """The plane's bytes when the camera sees these rows of the art and `filled` pixels of the bar are."""
        art = self.art[window.start // self.scale * self.row : window.stop // self.scale * self.row]
        done, to_come = self.bar
        filled //= self.scale
        bar = (done * filled + to_come * (self.row - filled)) * self.bar_height
        return b"".join((art, bar, self.words))


def render(clip: Clip, check: Check = unchecked) -> bytes:
    """MP4 bytes: H.264 of the clip's size and duration, 8 frames a second, and AAC if it has sound.

    `check` is called before each frame, and what it raises ends the making.
    """
    with tempfile.TemporaryDirectory(prefix="mockkrea-") as folder:
        path = Path(folder) / "clip.mp4"
        # However long the clip is, sound waits for its pictures and lies beside them.
        options = {"movflags": "faststart", "max_interleave_delta": "0"}
        with av.open(str(path), "w", options=options) as container:
            container.metadata.update(tags(clip))
            film(container, clip, check)
        return path.read_bytes()


def film(container: OutputContainer, clip: Clip, check: Check) -> None:
    """Put a clip into a container."""
    frames = math.ceil(clip.duration_s * FRAMES_PER_SECOND)
    # A little faster than asked where that is what it takes to end on time.
    pictures = container.add_stream("libx264", rate=frames / clip.duration_s, options=ENCODER)
    pictures.width, pictures.height, pictures.pix_fmt = clip.width, clip.height, "yuv420p"
    context = pictures.codec_context
    context.thread_count = 1
    context.color_range, context.colorspace = LIMITED_RANGE, BT_709
    context.color_primaries, context.color_trc = BT_709, BT_709
    sound = add_sound(container, "aac", SOUND_RATE, SOUND_BIT_RATE) if clip.has_sound else None
    container.mux(list(_shots(pictures, clip, frames, check)))
    if sound is not None:
        samples = tune(clip.seed, float(clip.duration_s), SOUND_RATE)
        container.mux(list(encoded(sound, samples, check)))


def _shots(stream: VideoStream, clip: Clip, frames: int, check: Check) -> Iterator[Packet[VideoStream]]:
    sheet = _sheet(clip)
    words_height = sheet.words.height if sheet.words else 0
    seen = clip.height - sheet.bar_height - words_height
    reach = sheet.art.height - seen
    empty = av.VideoFrame(clip.width, clip.height, "yuv420p")
    planes = [
        _plane(sheet, weights, plane.line_size, scale)
        for weights, plane, scale in zip((LUMA, BLUE, RED), empty.planes, (1, 2, 2), strict=True)
    ]
    for number in range(frames):
        check()
        frame = av.VideoFrame(clip.width, clip.height, "yuv420p")
        # An even row, so that brightness and colour stay together.
        top = round(reach * (1 - math.cos(2 * math.pi * number / frames)) / 4) * 2
        filled = clip.width * (number + 1) // frames
        for plane, memory in zip(planes, frame.planes, strict=True):
            memory.update(plane.frame(range(top, top + seen), filled))
        frame.pts = number
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sheet(clip: Clip) -> _Sheet:
    """Draw art and words; all heights are even."""
    strip = caption.strip_for(clip.width, clip.height)
    bar_height = _even(clip.height / BAR) if strip.rows else 0
    words_height = strip.height + strip.height % 2
    seen = clip.height - words_height - bar_height
    art_size = clip.width, seen + _even(seen * TILT)
    art = compose(clip.prompt, clip.seed, *art_size)
    words = None
    if strip.rows:
        words = Image.new("L", (clip.width, words_height), raster.RAMP_FIRST)
        inked = caption.draw_strip(strip, clip.prompt, caption.details_of(clip, *_measures(clip)))
        words.paste(inked.point(raster.INK_TO_INDEX), (0, 0))
    return _Sheet(raster.draw(art, *art_size), bar_height, words, art.palette)


def _measures(clip: Clip) -> tuple[str, str]:
    seconds = f"{float(clip.duration_s):g} s"
    if clip.asked_s is not None:
        seconds += f" (asked for {clip.asked_s:g} s)"
    return caption.size_detail((clip.width, clip.height), clip.asked), seconds


def _plane(sheet: _Sheet, weights: tuple[float, ...], row: int, scale: int) -> _Plane:
    colours = raster.colours(sheet.palette)
    table = [_value(weights, colours[at : at + 3]) for at in range(0, len(colours), 3)]
    return _Plane(
        art=memoryview(_samples(sheet.art, table, row, scale)),
        words=_samples(sheet.words, table, row, scale) if sheet.words else b"",
        bar_height=sheet.bar_height // scale,
        bar=(bytes([_value(weights, sheet.palette.tones[ACCENT])]), bytes([table[raster.RAMP_FIRST]])),
        row=row,
        scale=scale,
    )


def _samples(part: Image.Image, table: list[int], row: int, scale: int) -> bytes:
    samples = part.point(table).reduce(scale)
    return samples.crop((0, 0, row, samples.height)).tobytes()


def _value(weights: tuple[float, ...], colour: Rgb | bytes) -> int:
    zero, *shares = weights
    return round(zero + sum(share * channel for share, channel in zip(shares, colour, strict=True)))


def _even(pixels: float) -> int:
    return max(round(pixels / 2), 1) * 2
