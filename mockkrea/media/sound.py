"""Audio files: the tune that the seed decides, as MP3 or WAV; the same tune sounds under a video.

Bytes are equal for one version of PyAV. Safe to call from many threads.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from mockkrea.core.clock import SECOND_US
from mockkrea.media.track import AudioFormat, Track
from mockkrea.media.tune import tune
from mockkrea.media.work import tags

RATE = 44_100
BIT_RATE = 64_000
# FFmpeg's other ways of coding AAC take twice as long, and nobody hears the difference on a tune like ours.
FASTER = {"aac_coder": "fast"}
CODECS = {AudioFormat.MP3: "libmp3lame", AudioFormat.WAV: "pcm_s16le"}
# How many samples an encoder is given at once.
BLOCK = 65_536


def render(track: Track) -> bytes:
    """Give MP3 or WAV bytes: mono, as long as the track to a sample; MP3 to a frame of 26 ms."""
    file = io.BytesIO()
    with av.open(file, "w", format=track.format.value) as container:
        container.metadata.update(tags(track))
        stream = add_sound(container, CODECS[track.format], RATE, BIT_RATE)
        container.mux(list(encoded(stream, tune(track.seed, track.duration_us / SECOND_US, RATE))))
    return file.getvalue()


def add_sound(container: OutputContainer, codec: str, rate: int, bit_rate: int) -> AudioStream:
    """Give a container a mono stream of sound."""
    options = FASTER if codec == "aac" else {}
    stream = container.add_stream(codec, rate=rate, options=options, layout="mono")
    assert isinstance(stream, AudioStream)
    stream.bit_rate = bit_rate
    return stream


def encoded(stream: AudioStream, samples: array[int]) -> Iterator[Packet[AudioStream]]:
    """Encode mono samples, signed 16 bits, at the stream's rate."""
    rate = stream.codec_context.sample_rate
    for first in range(0, len(samples), BLOCK):
        block = samples[first : first + BLOCK]
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(block))
        frame.planes[0].update(block.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
        yield from stream.encode(frame)
    yield from stream.encode(None)
