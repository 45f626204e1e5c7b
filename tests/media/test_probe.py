import io
import random
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mockkrea.core.errors import InvalidMedia
from mockkrea.media.probe import ACCEPTED, MediaInfo, probe
from tests.media import samples
from tests.media.samples import SAMPLES, box

SECOND_US = 1_000_000
# How long an encoder's padding may be: three frames of an MP3.
PADDING_US = 80_000


def known(content: bytes) -> MediaInfo:
    return probe(io.BytesIO(content))


@cache
def sample(extension: str) -> bytes:
    return SAMPLES[extension]()


def refusal(content: bytes) -> str:
    with pytest.raises(InvalidMedia) as refused:
        known(content)
    return str(refused.value)


def png_chunk(type: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + type + content + struct.pack(">I", zlib.crc32(type + content))


def png_that_claims(width: int, height: int) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    data = png_chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + header + data + png_chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "info"),
    [
        (samples.jpeg, MediaInfo("image/jpeg", "jpg", 64, 48)),
        (samples.png, MediaInfo("image/png", "png", 64, 48)),
        (samples.webp, MediaInfo("image/webp", "webp", 64, 48)),
        (samples.heic, MediaInfo("image/heic", "heic", 64, 48)),
        (samples.mp4, MediaInfo("video/mp4", "mp4", 64, 48, SECOND_US)),
        (samples.mov, MediaInfo("video/quicktime", "mov", 64, 48, SECOND_US)),
        (samples.webm, MediaInfo("video/webm", "webm", 64, 48, SECOND_US)),
        (samples.glb, MediaInfo("model/gltf-binary", "glb")),
        (samples.wav, MediaInfo("audio/wav", "wav", duration_us=SECOND_US)),
    ],
    ids=lambda value: value.__name__ if callable(value) else value.extension,
)
def test_every_accepted_medium_is_known_by_its_bytes(content: Callable[[], bytes], info: MediaInfo) -> None:
    assert known(content()) == info


def test_the_frames_of_an_mp3_are_counted() -> None:
    info = known(samples.mp3(seconds=2))

    assert info[:4] == ("audio/mpeg", "mp3", None, None)
    assert info.duration_us is not None
    assert 0 <= info.duration_us - 2 * SECOND_US <= PADDING_US


@pytest.mark.parametrize("make", [samples.mp4, samples.mov, samples.webm], ids=lambda make: make.__name__)
@pytest.mark.parametrize(("size", "seconds"), [((320, 180), 0.5), ((90, 160), 3.0)])
def test_a_video_has_the_size_and_duration_that_ffmpeg_finds(
    make: Callable[..., bytes], size: tuple[int, int], seconds: float
) -> None:
    content = make(*size, seconds=seconds)

    info = known(content)

    with av.open(io.BytesIO(content), "r") as container:
        stream = container.streams.video[0]
        assert (info.width, info.height) == (stream.width, stream.height) == size
        assert info.duration_us == container.duration


@pytest.mark.parametrize("make", [samples.mp4, samples.mov, samples.webm], ids=lambda make: make.__name__)
def test_a_video_has_sound_if_there_is_a_track_of_it(make: Callable[..., bytes]) -> None:
    assert known(make(has_sound=True)).has_sound
    assert not known(make()).has_sound


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_all_kinds_of_webp_are_measured(mode: str, *, lossless: bool) -> None:
    assert known(samples.webp(200, 30, mode=mode, lossless=lossless))[2:4] == (200, 30)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_on_its_side_has_the_size_it_is_shown_in(orientation: int) -> None:
    info = known(samples.jpeg(40, 30, orientation=orientation))

    assert (info.width, info.height) == ((40, 30) if orientation < 5 else (30, 40))


def test_a_heic_has_the_size_of_its_primary_item_as_it_is_turned() -> None:
    assert known(samples.heic(400, 300, quarter_turns=2))[2:4] == (400, 300)
    assert known(samples.heic(400, 300, quarter_turns=3))[2:4] == (300, 400)


def test_a_film_turned_by_its_matrix_has_the_size_it_is_shown_in() -> None:
    upright = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    turned = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    head, _, tail = samples.mp4().rpartition(upright)

    assert known(head + turned + tail)[2:4] == (48, 64)


def test_a_live_recording_has_no_duration() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov"}) as container:
        stream = container.add_stream("libx264", rate=8)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode(None))

    assert known(file.getvalue()) == MediaInfo("video/mp4", "mp4", 64, 48)


def test_an_mp3_may_carry_a_tag_before_and_after_its_frames() -> None:
    plain = samples.mp3()
    bare = plain[10 + int.from_bytes(plain[6:10]) :]
    tagged = b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128) + bare + b"TAG" + bytes(125)

    assert known(tagged) == known(bare) == known(plain)


def test_a_wav_that_was_streamed_goes_on_to_its_end() -> None:
    content = bytearray(samples.wav())
    content[40:44] = b"\xff\xff\xff\xff"

    assert known(bytes(content)).duration_us == SECOND_US


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty"),
        (b"hello", "text"),
        (bytes(range(200, 255)), "of no kind known here"),
        (samples.gif(), "a GIF picture"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG picture"),
        (b"\n<!DOCTYPE html><p>", "an HTML page"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04" + bytes(30), "a ZIP archive"),
        (box(b"ftyp", b"avif", bytes(4), b"mif1miaf"), "an AVIF picture"),
        (box(b"ftyp", b"M4A ", bytes(4), b"isommp42"), "an MPEG-4 sound"),
        (b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska", "a Matroska video"),
        (b"RIFF\x04\x00\x00\x00AVI ", "an AVI video"),
        (b"OggS", "an Ogg file"),
        (b"fLaC\x00", "a FLAC sound"),
        (b"II*\x00\x08", "a TIFF picture"),
    ],
)
def test_what_is_not_accepted_is_named_beside_what_is(content: bytes, name: str) -> None:
    assert refusal(content) == f"This file is {name}. {ACCEPTED}"


@pytest.mark.parametrize("extension", SAMPLES)
def test_a_file_cut_short_anywhere_is_refused(extension: str) -> None:
    content = sample(extension)

    for length in {1, 11, 30, len(content) // 4, len(content) // 2, len(content) * 9 // 10, len(content) - 1}:
        assert refusal(content[: min(length, len(content) - 1)])


@pytest.mark.parametrize("extension", SAMPLES)
def test_an_archive_or_document_hidden_in_a_medium_is_refused(extension: str) -> None:
    content = sample(extension)

    assert refusal(content + b"PK\x05\x06" + bytes(18))
    assert refusal(content[:30] + b"%PDF-1.7" + content[38:])


@pytest.mark.parametrize("extension", ["png", "webp", "heic", "mp4", "mov", "webm", "glb", "mp3"])
def test_what_follows_the_end_of_a_medium_is_refused(extension: str) -> None:
    assert refusal(sample(extension) + b"<script>alert(1)</script>")


def test_a_page_behind_a_jpeg_is_refused_and_a_second_picture_is_not() -> None:
    assert "markup follows its end" in refusal(samples.jpeg() + b"\n<HTML>")
    assert known(samples.jpeg() + samples.jpeg(8, 8)) == known(samples.jpeg())


@pytest.mark.parametrize(
    ("width", "height"), [(16_385, 1), (1, 20_000), (12_000, 12_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_decompression_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    said = refusal(png_that_claims(width, height))

    assert f"it has {width} × {height} pixels; taken are up to 16384 a side and 100 megapixels" in said


def test_sizes_that_cannot_be_are_refused_wherever_they_stand() -> None:
    webp = bytearray(samples.webp(mode="RGBA"))
    webp[24:30] = b"\xff" * 6

    assert "16777216 × 16777216" in refusal(bytes(webp))
    assert "70000 × 2" in refusal(samples.heic(70_000, 2))
    assert "has no size" in refusal(samples.heic(0, 2))


def test_a_picture_of_a_hundred_megapixels_is_taken_without_a_warning() -> None:
    file = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(file, "PNG")

    assert probe(file)[2:4] == (10_000, 10_000)


def test_a_jpeg_of_too_many_scans_is_refused() -> None:
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x3f\x00\x00\x00"

    said = refusal(samples.jpeg().removesuffix(b"\xff\xd9") + 65 * scan + b"\xff\xd9")

    assert "it has 66 scans; taken are up to 64" in said


def test_a_picture_whose_data_do_not_decode_is_refused() -> None:
    content = bytearray(samples.png())
    content[content.index(b"IDAT") + 20] ^= 0xFF

    assert "seems to be a PNG picture, but it cannot be decoded" in refusal(bytes(content))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (samples.glb(version=1), "it has version 1, not 2"),
        (samples.glb(b"{]"), "does not describe an asset"),
        (samples.glb(b"[" * 100_000), "does not describe an asset"),
        (samples.glb(b'{"asset":{"version":"1.0"}}'), "another version than 2"),
        (samples.glb(b" " * 8_000_004), "8000004 bytes"),
    ],
)
def test_a_glb_that_describes_no_asset_is_refused(content: bytes, reason: str) -> None:
    assert reason in refusal(content)


def test_durations_that_cannot_be_are_refused() -> None:
    content = bytearray(samples.mp4())
    header = content.index(b"mvhd") + 4
    content[header + 16 : header + 20] = b"\x7f\xff\xff\xff"

    assert "a duration that cannot be" in refusal(bytes(content))


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + b"\xff" * 3_000_000,
        b"\xff\xd8\xff\xda\x00\x02" + b"\xff" * 3_000_000 + b"\x00",
        samples.png()[:33] + png_chunk(b"tESt", b"") * 200_000,
        box(b"ftyp", b"heic", bytes(4)) + box(b"free") * 300_000,
        box(b"ftyp", b"isom", bytes(4)) + box(b"free") * 300_000,
        samples.webm() + b"\xec\x80" * 1_000_000,
        b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(3_000_000),
        b"\xff\xe3\x18\xc4" * 1_000_000,
        b"RIFF\x00\x00\x00\x00WAVE" + bytes(3_000_000),
    ],
    ids=["fill bytes", "scan", "chunks", "heic", "mp4", "webm", "id3", "mp3", "wav"],
)
def test_millions_of_small_parts_are_refused_and_not_waited_for(content: bytes) -> None:
    assert refusal(content)


@pytest.mark.parametrize("extension", SAMPLES)
@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_whatever_becomes_of_a_file_it_is_read_or_refused(extension: str, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(sample(extension))
    for _ in range(chance.choice((1, 2, 5))):
        _spoil(content, chance)

    try:
        info = known(bytes(content))
    except InvalidMedia as refused:
        assert str(refused).endswith(ACCEPTED)
    else:
        assert info.width is None or 1 <= info.width <= 16_384


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_read_or_refused(content: bytes) -> None:
    assert refusal(content).endswith(ACCEPTED)


def test_many_threads_know_the_same_as_one() -> None:
    contents = [make() for make in SAMPLES.values()] * 4
    alone = [known(content) for content in contents]

    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(known, contents))

    assert together == alone


def _spoil(content: bytearray, chance: random.Random) -> None:
    """Change, write over, cut out, double or cut off some bytes, mostly near the start."""
    at = chance.randrange(min(len(content), chance.choice((64, 400, len(content)))) or 1)
    way = chance.randrange(5)
    if way == 0:
        content[at : at + 1] = bytes([chance.randrange(256)])
    elif way == 1:
        content[at : at + 4] = chance.choice(
            (bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x00\x00\x00\x01")
        )
    elif way == 2:
        del content[at : at + chance.randrange(20)]
    elif way == 3:
        content[at:at] = content[at : at + chance.randrange(100)]
    else:
        del content[max(at, 1) :]
