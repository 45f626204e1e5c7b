"""Audio files: the tune that the seed decides, as MP3 or WAV; the same tune sounds under a video.

A tune begins again and again, and so does a long MP3: its first minute is coded, what follows repeats frames.
Bytes are equal for one version of PyAV. Safe to call from many threads.
"""

from __future__ import annotations

import io
import math
from array import array
from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from mockkrea.core.clock import SECOND_US
from mockkrea.media.media_file import Check, tags, unchecked
from mockkrea.media.track import AudioFormat, Track
from mockkrea.media.tune import ROUND_S, tune

RATE = 44_100
BIT_RATE = 64_000
# FFmpeg's other ways of coding AAC take twice as long, and nobody hears the difference on a tune like ours.
# LAME's least effort takes half the time, and without a reservoir each frame's bits are its own.
OPTIONS = {"aac": {"aac_coder": "fast"}, "libmp3lame": {"compression_level": "9", "reservoir": "0"}}
MP3_FRAME_SAMPLES = 1_152
CODECS = {AudioFormat.MP3: "libmp3lame", AudioFormat.WAV: "pcm_s16le"}
# How many samples an encoder is given at once.
BLOCK = 65_536


def render(track: Track, check: Check = unchecked) -> bytes:
    """MP3 or WAV bytes: mono, as long as the track to a sample; MP3 to a frame of 26 ms.

    `check` is called for each second or two of sound, and what it raises ends the making.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=track.format.value) as container:
        container.metadata.update(tags(track))
        stream = add_sound(container, CODECS[track.format], RATE, BIT_RATE)
        play = _mp3 if track.format is AudioFormat.MP3 else _played
        container.mux(list(play(stream, track.seed, track.duration_us / SECOND_US, check)))
    return file.getvalue()


def add_sound(container: OutputContainer, codec: str, rate: int, bit_rate: int) -> AudioStream:
    """A mono stream of sound, added to the container."""
    stream = container.add_stream(codec, rate=rate, options=OPTIONS.get(codec, {}), layout="mono")
    assert isinstance(stream, AudioStream)
    stream.bit_rate = bit_rate
    return stream


def encoded(
    stream: AudioStream, samples: array[int], check: Check = unchecked
) -> Iterator[Packet[AudioStream]]:
    """Encode mono samples, signed 16 bits, at the stream's rate."""
    rate = stream.codec_context.sample_rate
    for first in range(0, len(samples), BLOCK):
        check()
        block = samples[first : first + BLOCK]
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(block))
        frame.planes[0].update(block.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _played(
    stream: AudioStream, seed: float, duration_s: float, check: Check
) -> Iterator[Packet[AudioStream]]:
    return encoded(stream, tune(seed, duration_s, RATE), check)


def _mp3(stream: AudioStream, seed: float, duration_s: float, check: Check) -> Iterator[Packet[AudioStream]]:
    """Play a tune in the very frames that coding all of it would give."""
    # As many rounds of the tune as fill whole frames, 32 seconds; the coder needs less than one to settle.
    loop = math.lcm(round(ROUND_S * RATE), MP3_FRAME_SAMPLES)
    frames, loop_s = loop // MP3_FRAME_SAMPLES, loop / RATE
    repeats = max(0, int((duration_s - ROUND_S) // loop_s) - 1)
    once = list(_played(stream, seed, duration_s - repeats * loop_s, check))
    settled = round(ROUND_S * RATE) // MP3_FRAME_SAMPLES
    yield from once[: settled + frames]
    for number in range(1, repeats + 1):
        for packet in once[settled : settled + frames]:
            yield _again(packet, number * loop)
    for packet in once[settled + frames :]:
        assert packet.pts is not None
        packet.pts = packet.dts = packet.pts + repeats * loop
        yield packet


def _again(packet: Packet[AudioStream], later: int) -> Packet[AudioStream]:
    """The same frame so many samples later."""
    copy = cast("Packet[AudioStream]", av.Packet(bytes(packet)))
    assert packet.pts is not None
    copy.stream, copy.time_base, copy.duration = packet.stream, packet.time_base, packet.duration
    copy.pts = copy.dts = packet.pts + later
    return copy
