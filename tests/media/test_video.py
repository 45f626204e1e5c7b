"""Videos, read back by FFmpeg."""

from __future__ import annotations

import io
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from mockkrea.core.errors import ServerStops
from mockkrea.media.art.composing import palette_for
from mockkrea.media.caption import strip_for
from mockkrea.media.clip import Clip
from mockkrea.media.video import render

PLAIN = Clip(
    width=320,
    height=180,
    duration_us=2_000_000,
    has_sound=False,
    prompt="a lighthouse at dusk",
    seed=42,
    model="video/google/veo-3.1",
    owner_id="0424f602-2999-4d0c-a46e-39cbf0ef384b",
)


def frames_of(content: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(content), "r") as container:
        frames = [frame.reformat(format="rgb24") for frame in container.decode(video=0)]
    return [Image.frombytes("RGB", (each.width, each.height), bytes(each.planes[0])) for each in frames]


def differ(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart: the mean difference of a channel, of 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest.mark.parametrize(
    ("width", "height", "seconds"),
    [
        (320, 180, 2.0),
        (180, 320, 0.125),
        (16, 16, 1.0),
        (426, 240, 1.3),
        (16, 3840, 0.5),
        (854, 480, 4.166667),
    ],
)
def test_a_video_has_exactly_its_size_and_its_length(width: int, height: int, seconds: float) -> None:
    content = render(replace(PLAIN, width=width, height=height, duration_us=round(seconds * 1e6)))

    with av.open(io.BytesIO(content), "r") as container:
        [stream] = container.streams.video
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base == Fraction(round(seconds * 1e6), 1_000_000)
        frames = list(container.decode(stream))
    assert {(frame.width, frame.height) for frame in frames} == {(width, height)}
    assert 8 <= len(frames) / seconds < 8 + 1 / seconds


def test_a_video_has_a_sound_track_of_its_length_only_if_it_has_sound() -> None:
    with av.open(io.BytesIO(render(PLAIN)), "r") as silent:
        assert not silent.streams.audio

    with av.open(io.BytesIO(render(replace(PLAIN, has_sound=True))), "r") as container:
        [stream] = container.streams.audio
        assert stream.codec_context.name == "aac"
        samples = sum(frame.samples for frame in container.decode(stream))
        assert samples / stream.rate == pytest.approx(2, abs=0.1)


def test_sound_lies_beside_its_pictures_so_that_a_player_need_not_jump() -> None:
    content = render(replace(PLAIN, has_sound=True, duration_us=30_000_000))

    with av.open(io.BytesIO(content), "r") as container:
        in_file = [packet for packet in container.demux() if packet.pos is not None]
    in_file.sort(key=lambda packet: packet.pos or 0)
    times = [float((packet.dts or 0) * packet.time_base) for packet in in_file]
    assert all(later > earlier - 1.5 for earlier, later in itertools.pairwise(times))


def test_the_index_stands_before_the_pictures() -> None:
    content = render(PLAIN)

    assert content.index(b"moov") < content.index(b"mdat")


def test_the_picture_moves_and_the_caption_stands_still() -> None:
    first, *_, middle = frames_of(render(PLAIN))[:8]
    strip = strip_for(PLAIN.width, PLAIN.height)
    above, below = (0, 0, 320, 180 - strip.height - 4), (0, 182 - strip.height, 320, 180)

    assert differ(first.crop(above), middle.crop(above)) > 4
    assert differ(first.crop(below), middle.crop(below)) < 2


def test_the_bar_fills_from_left_to_right_as_time_goes_by() -> None:
    strip = strip_for(PLAIN.width, PLAIN.height)
    palette = palette_for(PLAIN.prompt, PLAIN.seed)
    row = PLAIN.height - strip.height - strip.height % 2 - 1
    middle = frames_of(render(PLAIN))[7]

    done, to_come = (middle.getpixel((x, row)) for x in (80, 240))

    assert done == pytest.approx(palette.tones[6], abs=40)
    assert to_come == pytest.approx(palette.paper, abs=40)


def test_a_video_ends_nearly_where_it_began_so_that_it_loops() -> None:
    frames = frames_of(render(replace(PLAIN, duration_us=5_000_000)))
    above = (0, 0, 320, 130)

    assert differ(frames[0].crop(above), frames[-1].crop(above)) < differ(
        frames[0].crop(above), frames[20].crop(above)
    )


def test_colours_are_those_of_the_palette() -> None:
    palette = palette_for(PLAIN.prompt, PLAIN.seed)
    [first, *_] = frames_of(render(PLAIN))

    corner = first.getpixel((1, 178))

    assert corner == pytest.approx(palette.paper, abs=6)


def test_the_file_tells_prompt_job_model_and_seed() -> None:
    with av.open(io.BytesIO(render(replace(PLAIN, prompt="ein Fuchs, größer \x00 🦊"))), "r") as container:
        about = container.metadata

    assert about["title"] == "ein Fuchs, größer \ufffd 🦊"
    assert json.loads(about["comment"]) == {"seed": "42", "model": PLAIN.model, "job_id": PLAIN.owner_id}


def test_equal_clips_are_equal_bytes_in_whatever_thread() -> None:
    sounding = replace(PLAIN, has_sound=True)

    with ThreadPoolExecutor(4) as pool:
        contents = set(pool.map(render, [sounding] * 4))

    assert len(contents) == 1


@pytest.mark.parametrize("frame", [1, 2, 6])
def test_whoever_stops_the_making_is_asked_before_each_frame(frame: int) -> None:
    asked = []

    def check() -> None:
        asked.append(True)
        if len(asked) == frame:
            raise ServerStops

    with pytest.raises(ServerStops):
        render(PLAIN, check)

    assert len(asked) == frame


def test_another_seed_is_another_video_and_another_job_only_another_caption() -> None:
    strip = strip_for(PLAIN.width, PLAIN.height)
    above = (0, 0, 320, 180 - strip.height - 8)
    first, seed, job = (
        frames_of(render(clip))[0].crop(above)
        for clip in (PLAIN, replace(PLAIN, seed=43), replace(PLAIN, owner_id="another"))
    )

    assert differ(first, seed) > 10
    assert differ(first, job) < 1
    assert render(PLAIN) != render(replace(PLAIN, owner_id="another"))


def test_what_was_asked_for_beyond_the_bounds_is_written_on_it() -> None:
    large = replace(PLAIN, width=1280, height=720, duration_us=125_000)
    strip = strip_for(1280, 720)
    words = (0, 720 - strip.height, 1280, 720)

    plain, asked = (
        frames_of(render(clip))[0].crop(words)
        for clip in (large, replace(large, asked=(32_000.0, 18_000.0), asked_s=600.0))
    )

    assert differ(plain, asked) > 0.2
