"""What a job's audio file has to hold: its length and its format.

The first row that applies decides the length:

| the body                              | the length                                                         |
|---------------------------------------|--------------------------------------------------------------------|
| has music_length_ms                   | that                                                               |
| has duration                          | that, in seconds                                                   |
| has force_instrumental, so is music   | 30 seconds                                                         |
| else is a text to speak               | 15 characters a second                                             |

The fields are documented (catalogue of October 2026), what happens without them is ASSUMED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mockkrea.core.clock import SECOND_US
from mockkrea.core.jobs import Job
from mockkrea.media.media_file import Extent, MediaFile, provenance_of
from mockkrea.media.size import number

DURATION_S_MIN = 1
DURATION_S_MAX = 600  # the most that music_length_ms can ask for
MUSIC_S = 30
CHARACTERS_PER_SECOND = 15


class AudioFormat(StrEnum):
    """A format we can write."""

    MP3 = "mp3"
    WAV = "wav"

    @property
    def media_type(self) -> str:
        """The Content-Type: RFC 3003 for MP3; for WAV the one that browsers know."""
        return "audio/mpeg" if self is AudioFormat.MP3 else "audio/wav"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track(MediaFile):
    """All an audio file holds."""

    format: AudioFormat
    duration_us: int

    @property
    def media_type(self) -> str:
        """The Content-Type of its format."""
        return self.format.media_type

    @property
    def extent(self) -> Extent:
        """Its length; there is nothing to see."""
        return Extent(duration_us=self.duration_us)

    @property
    def takes_long(self) -> bool:
        """True: ten minutes of sound take a second."""
        return True


def track_of(job: Job) -> Track:
    """The audio file of a completed job."""
    duration_s = min(max(_wanted_s(job.order.input), DURATION_S_MIN), DURATION_S_MAX)
    return Track(
        format=audio_format(job.order.input),
        duration_us=round(duration_s * SECOND_US),
        **provenance_of(job),
    )


def audio_format(input: Mapping[str, object]) -> AudioFormat:
    """The format that a normalised request body asks for.

    ASSUMED: MP3. None of Krea's models has a field for it yet; where one does, "wav" names WAV.
    """
    named = str(input.get("output_format")).lower()
    return AudioFormat.WAV if named.startswith(AudioFormat.WAV) else AudioFormat.MP3


def _wanted_s(input: Mapping[str, object]) -> float:
    length_ms, duration_s = number(input.get("music_length_ms")), number(input.get("duration"))
    if length_ms is not None:
        return length_ms / 1000
    if duration_s is not None:
        return duration_s
    if "force_instrumental" in input:
        return MUSIC_S
    return len(str(input.get("prompt") or "")) / CHARACTERS_PER_SECOND
