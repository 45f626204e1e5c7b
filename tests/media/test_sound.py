"""Tunes, and the audio files that hold them, read back by FFmpeg."""

from __future__ import annotations

import io
import itertools
import json
import wave
from array import array
from collections.abc import Iterator
from dataclasses import replace

import av
import pytest
from av.audio.stream import AudioStream
from av.packet import Packet

from mockkrea.core.clock import SECOND_US
from mockkrea.core.errors import ServerStops
from mockkrea.core.jobs import Job, Ticket
from mockkrea.media import sound
from mockkrea.media.media_file import Check
from mockkrea.media.sound import RATE, render
from mockkrea.media.track import AudioFormat, Track, track_of
from mockkrea.media.tune import ROOTS_HZ, tune
from tests.asking import Json
from tests.making import START_US, an_order

SONG = Track(
    format=AudioFormat.MP3,
    duration_us=3_000_000,
    prompt="Ein ruhiges Stück 🎵",
    seed=7,
    model="audio/elevenlabs/music",
    owner_id="0424f602-2999-4d0c-a46e-39cbf0ef384b",
)


def a_track(input: Json) -> Track:
    return track_of(Job(Ticket("j", 1, an_order(input=input), START_US, SECOND_US, 42)))


@pytest.mark.parametrize(
    ("input", "seconds"),
    [
        ({"prompt": "a", "music_length_ms": 12_345}, 12.345),
        ({"prompt": "a", "music_length_ms": 600_000}, 600),
        ({"prompt": "a", "duration": 4.5}, 4.5),
        ({"prompt": "a", "duration": 1e300}, 600),
        ({"prompt": "a", "force_instrumental": False}, 30),
        ({"prompt": "x" * 150}, 10),
        ({"prompt": "x"}, 1),
        ({"prompt": ""}, 1),
    ],
    ids=str,
)
def test_a_track_is_as_long_as_asked_or_as_its_text_takes_to_speak(input: Json, seconds: float) -> None:
    assert a_track(input).duration_us == seconds * SECOND_US


def test_a_track_is_mp3_unless_wav_is_asked_for() -> None:
    assert a_track({"prompt": "a"}).format is AudioFormat.MP3
    assert a_track({"prompt": "a", "output_format": "wav_44100"}).format is AudioFormat.WAV


@pytest.mark.parametrize("seed", range(8))
def test_a_tune_is_loud_enough_to_hear_and_never_clips(seed: int) -> None:
    samples = tune(seed, 8, 24_000)

    assert 5_000 < max(map(abs, samples)) < 30_000
    assert samples[0] == samples[-1] == 0


def test_a_tune_is_made_of_tones_and_not_of_noise() -> None:
    samples = tune(3, 4, 24_000)

    # White noise changes its sign every second sample; a tone of 700 Hz every seventeenth.
    turns = sum((one < 0) != (other < 0) for one, other in itertools.pairwise(samples))

    assert 2 * min(ROOTS_HZ) / 4 < turns / 4 < 4_000


def test_another_seed_plays_another_tune_and_the_same_seed_the_same() -> None:
    assert tune(1, 2, 24_000) == tune(1, 2, 24_000)
    assert tune(1, 2, 24_000) != tune(2, 2, 24_000)


def test_a_tune_does_not_change_from_bar_to_bar_by_its_length() -> None:
    short, long = tune(5, 2, 8_000), tune(5, 20, 8_000)

    assert short[:14_000] == long[:14_000]
    assert long[16_000:32_000] != long[:16_000]


def test_an_mp3_file_plays_for_its_length_and_says_what_it_is() -> None:
    with av.open(io.BytesIO(render(SONG)), "r") as container:
        [stream] = container.streams.audio
        assert stream.codec_context.name.startswith("mp3")
        about = container.metadata
        samples = sum(frame.samples for frame in container.decode(stream))

    assert samples / 44_100 == pytest.approx(3, abs=0.06)
    assert about["title"] == SONG.prompt
    assert json.loads(about["comment"]) == {"seed": "7", "model": SONG.model, "job_id": SONG.owner_id}


def test_a_wav_file_is_read_by_pythons_own_reader_to_the_sample() -> None:
    content = render(replace(SONG, format=AudioFormat.WAV, duration_us=1_500_000))

    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 44_100)
        assert file.readframes(file.getnframes()) == tune(SONG.seed, 1.5, 44_100).tobytes()
    with av.open(io.BytesIO(content), "r") as container:
        assert container.metadata["title"] == SONG.prompt
        assert SONG.owner_id in container.metadata["comment"]


@pytest.mark.parametrize("format", AudioFormat)
def test_equal_tracks_are_equal_bytes(format: AudioFormat) -> None:
    assert render(replace(SONG, format=format)) == render(replace(SONG, format=format))


def frames_of(content: bytes) -> list[bytes]:
    with av.open(io.BytesIO(content), "r") as container:
        return [bytes(packet) for packet in container.demux(audio=0)]


@pytest.mark.parametrize("seconds", [71.9, 72.1, 150])
def test_a_long_mp3_has_the_frames_that_coding_all_of_its_tune_gives(seconds: float) -> None:
    whole = io.BytesIO()
    with av.open(whole, "w", format="mp3") as container:
        stream = sound.add_sound(container, "libmp3lame", RATE, sound.BIT_RATE)
        container.mux(list(sound.encoded(stream, tune(SONG.seed, seconds, RATE))))

    assert frames_of(render(replace(SONG, duration_us=round(seconds * SECOND_US)))) == frames_of(
        whole.getvalue()
    )


def test_of_ten_minutes_of_mp3_little_more_than_one_is_coded(monkeypatch: pytest.MonkeyPatch) -> None:
    coded_s: list[float] = []
    encode = sound.encoded

    def watched(stream: AudioStream, samples: array[int], check: Check) -> Iterator[Packet[AudioStream]]:
        coded_s.append(len(samples) / RATE)
        return encode(stream, samples, check)

    monkeypatch.setattr(sound, "encoded", watched)
    content = render(replace(SONG, duration_us=600 * SECOND_US))

    assert sum(coded_s) <= 80
    with av.open(io.BytesIO(content), "r") as container:
        assert container.duration == pytest.approx(600 * av.time_base, abs=0.06 * av.time_base)


@pytest.mark.parametrize("format", AudioFormat)
def test_whoever_stops_the_making_is_asked_each_two_seconds_or_so(format: AudioFormat) -> None:
    asked = []

    def check() -> None:
        asked.append(True)
        if len(asked) == 10:
            raise ServerStops

    with pytest.raises(ServerStops):
        render(replace(SONG, format=format, duration_us=20 * SECOND_US), check)
