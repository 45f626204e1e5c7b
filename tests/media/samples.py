"""Small valid files of every medium that Krea takes, made anew at each call."""

import io
import math
import struct
import wave
from collections.abc import Callable
from fractions import Fraction

import av
from PIL import Image


def png(width: int = 64, height: int = 48, *, mode: str = "RGB") -> bytes:
    return _saved(_gradient(width, height, mode), "PNG")


def jpeg(width: int = 64, height: int = 48, *, orientation: int | None = None) -> bytes:
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    return _saved(_gradient(width, height, "RGB"), "JPEG", exif=exif)


def webp(width: int = 64, height: int = 48, *, mode: str = "RGB", lossless: bool = False) -> bytes:
    return _saved(_gradient(width, height, mode), "WEBP", lossless=lossless)


def gif() -> bytes:
    return _saved(Image.new("L", (8, 8)), "GIF")


def heic(width: int = 64, height: int = 48, *, quarter_turns: int = 0) -> bytes:
    """Boxes as a phone writes them, with a thumbnail as the first item and no true pixels in `mdat`."""
    properties = [
        box(b"ispe", bytes(4), struct.pack(">II", 16, 12)),
        box(b"ispe", bytes(4), struct.pack(">II", width, height)),
        box(b"irot", bytes([quarter_turns])),
    ]
    associations = struct.pack(">IHBBHBBB", 2, 1, 1, 0x01, 2, 2, 0x02, 0x83)
    meta = box(
        b"meta",
        bytes(4),
        box(b"hdlr", bytes(8), b"pict", bytes(13)),
        box(b"pitm", bytes(4), struct.pack(">H", 2)),
        box(b"iprp", box(b"ipco", *properties), box(b"ipma", bytes(4), associations)),
    )
    return box(b"ftyp", b"heic", bytes(4), b"mif1heic") + meta + box(b"mdat", bytes(64))


def mp4(width: int = 64, height: int = 48, *, seconds: float = 1.0, has_sound: bool = False) -> bytes:
    codecs = ("libx264", "aac") if has_sound else ("libx264",)
    return _video("mp4", codecs, (width, height), seconds)


def mov(width: int = 64, height: int = 48, *, seconds: float = 1.0, has_sound: bool = False) -> bytes:
    codecs = ("libx264", "aac") if has_sound else ("libx264",)
    return _video("mov", codecs, (width, height), seconds)


def webm(width: int = 64, height: int = 48, *, seconds: float = 1.0, has_sound: bool = False) -> bytes:
    codecs = ("libvpx", "libopus") if has_sound else ("libvpx",)
    return _video("webm", codecs, (width, height), seconds)


def mp3(*, seconds: float = 1.0) -> bytes:
    rate_hz = 44_100
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=rate_hz)
        frame = av.AudioFrame(format="s16p", layout="stereo", samples=round(seconds * rate_hz))
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = rate_hz
        frame.pts = 0
        frame.time_base = Fraction(1, rate_hz)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def wav(*, seconds: float = 1.0) -> bytes:
    rate_hz = 8_000
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        samples = (round(9_000 * math.sin(step / 3)) for step in range(round(seconds * rate_hz)))
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()


def glb(description: bytes = b'{"asset":{"version":"2.0"}}', *, version: int = 2) -> bytes:
    description += b" " * (-len(description) % 4)
    chunk = struct.pack("<I4s", len(description), b"JSON") + description
    return struct.pack("<4sII", b"glTF", version, 12 + len(chunk)) + chunk


def box(type: bytes, *content: bytes) -> bytes:
    """A box of ISO base media."""
    inside = b"".join(content)
    return struct.pack(">I", 8 + len(inside)) + type + inside


SAMPLES: dict[str, Callable[[], bytes]] = {
    "jpg": jpeg,
    "png": png,
    "webp": webp,
    "heic": heic,
    "mp4": mp4,
    "mov": mov,
    "webm": webm,
    "glb": glb,
    "wav": wav,
    "mp3": mp3,
}


def _gradient(width: int, height: int, mode: str) -> Image.Image:
    """Dark in the middle; there one sees through it, if the mode has transparency."""
    light = Image.radial_gradient("L").resize((width, height))
    image = light.convert(mode)
    if mode.endswith("A"):
        image.putalpha(light)
    return image


def _saved(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def _video(format: str, codecs: tuple[str, ...], size: tuple[int, int], seconds: float) -> bytes:
    """A video, with silence behind it if there is a codec for that."""
    frames_per_second = 8
    (width, height), (codec, *sound_codecs) = size, codecs
    file = io.BytesIO()
    with av.open(file, "w", format=format) as container:
        stream = container.add_stream(codec, rate=frames_per_second)
        sounds = [container.add_stream(codec, rate=48_000) for codec in sound_codecs]
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(round(seconds * frames_per_second)):
            frame = av.VideoFrame(width, height, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([20 * number % 256]) * plane.buffer_size)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for sound in sounds:
            assert isinstance(sound, av.AudioStream)
            _mux_silence(container, sound, seconds)
    return file.getvalue()


def _mux_silence(container: av.container.OutputContainer, sound: av.AudioStream, seconds: float) -> None:
    silence = av.AudioFrame(format=sound.format.name, layout="stereo", samples=round(seconds * sound.rate))
    for plane in silence.planes:
        plane.update(bytes(plane.buffer_size))
    silence.sample_rate, silence.pts, silence.time_base = sound.rate, 0, Fraction(1, sound.rate)
    container.mux(sound.encode(silence))
    container.mux(sound.encode(None))
