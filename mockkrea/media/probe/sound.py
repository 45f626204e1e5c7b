"""How long a WAV or MP3 plays, from its headers; nothing is decoded."""

from __future__ import annotations

import re
import struct

from mockkrea.media.probe.source import MediaInfo, Source, Unreadable, microseconds

CHUNKS_MAX = 10_000
# Written by programs that could not know how much would follow: the data go on to the end.
_STREAMED = frozenset({0, 0xFFFFFFFF})

# MPEG audio, layer III (ISO/IEC 11172-3 and 13818-3), by the two bits that tell the version: 2.5, none, 2, 1.
_RATES_HZ = ((11_025, 12_000, 8_000), (), (22_050, 24_000, 16_000), (44_100, 48_000, 32_000))
_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_VERSION_1 = 3
# Half a million frames play for 3.6 hours at 44.1 kHz.
FRAMES_MAX = 500_000
ID3_HEADER_BYTES = 10
_PADDING = re.compile(rb"\x00*")
# What taggers put behind the last frame.
_TAGS_BEHIND = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"3DI")


def read_wav(source: Source) -> MediaInfo:
    """What is known of a WAV of any encoding."""
    bytes_per_second = data_bytes = 0
    at = 12
    for _ in range(CHUNKS_MAX):
        if source.size - at < 8:
            break
        type, length = struct.unpack("<4sI", source.at(at, 8))
        at += 8
        if type == b"data":
            data_bytes = source.size - at if length in _STREAMED else length
            length = data_bytes
        elif type == b"fmt ":
            (bytes_per_second,) = struct.unpack("<I", source.at(at + 8, 4))
        if at + length > source.size:
            raise Unreadable("its chunks do not fit into the file; it may be cut short")
        at += length + length % 2
    if not bytes_per_second or not data_bytes:
        raise Unreadable("it has no format or no data")
    return MediaInfo("audio/wav", "wav", duration_us=microseconds(data_bytes, bytes_per_second))


def begins_mp3(head: bytes) -> bool:
    """Whether a file begins with an ID3 tag or with a frame of layer III."""
    return head.startswith(b"ID3") or _frame(head[:4]) is not None


def read_mp3(source: Source) -> MediaInfo:
    """What is known of an MP3; its frames are counted, whatever its header says."""
    content = source.head(source.size)
    at = _after_id3(content)
    samples, frames, rate_hz = 0, 0, 0
    while (frame := _frame(content[at : at + 4])) is not None:
        length, its_samples, rate_hz = frame
        # The first frame may hold counts instead of sound (Xing, Info or VBRI).
        if frames or not re.search(rb"Xing|Info|VBRI", content[at : at + 64]):
            samples += its_samples
        frames += 1
        at += length
        if at > len(content) or frames > FRAMES_MAX:
            raise Unreadable("its last frame is cut short or it has more than half a million frames")
    rest = content[at:]
    if not samples or (rest.strip(b"\x00") and not rest.startswith(_TAGS_BEHIND)):
        raise Unreadable("it is not made of frames of MPEG layer III up to its end")
    return MediaInfo("audio/mpeg", "mp3", duration_us=microseconds(samples, rate_hz))


def _after_id3(content: bytes) -> int:
    if not content.startswith(b"ID3"):
        return 0
    # Seven bits a byte; a flag says that a footer as long as the header follows.
    size = 0
    for byte in content[6:ID3_HEADER_BYTES]:
        size = size << 7 | byte & 0x7F
    at = size + ID3_HEADER_BYTES * (2 if content[5:6] and content[5] & 0x10 else 1)
    padding = _PADDING.match(content, at)
    return padding.end() if padding else at


def _frame(header: bytes) -> tuple[int, int, int] | None:
    """A frame's bytes, its samples and its rate, if this is the header of one."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return None
    version, kbits_row, rate_row = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if not 0 < kbits_row < 15 or rate_row == 3 or version == 1:
        return None
    kbits = (_KBITS_1 if version == _VERSION_1 else _KBITS_2)[kbits_row]
    samples = 1152 if version == _VERSION_1 else 576
    rate_hz = _RATES_HZ[version][rate_row]
    return samples // 8 * kbits * 1000 // rate_hz + (header[2] >> 1 & 1), samples, rate_hz
