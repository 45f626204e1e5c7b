"""Videos, sound and 3D models behind result URLs, from the request to the bytes."""

from __future__ import annotations

import io
from typing import Any

import av
import pytest
import trimesh
from PIL import Image

from tests.asking import IMMEDIATE, Json, Krea, MakeKrea
from tests.contract.requirements import requirement

VEO, WAN, SEEDANCE = "video/google/veo-3.1", "video/alibaba/wan-2.1", "video/bytedance/seedance-2"
UPSCALER = "enhance/black-forest-labs/flux-video-upscale"
MUSIC, SPEECH = "audio/elevenlabs/music", "audio/elevenlabs/tts"
TRELLIS = "3d/microsoft/trellis-2"


@pytest.fixture
def studio(make_krea: MakeKrea) -> Krea:
    """A mock in which every job is completed at once."""
    return make_krea(IMMEDIATE)


def urls_of(krea: Krea, model: str, **body: Json) -> Json:
    """The URLs of a new job's result."""
    return krea.job(krea.submit(model, **body))["result"]["urls"]


def played(content: bytes) -> tuple[tuple[int, int], float, bool]:
    """A video's size, its length in seconds, and whether it has sound; all of its frames decode."""
    with av.open(io.BytesIO(content), "r") as container:
        [stream] = container.streams.video
        assert list(container.decode(stream))
        assert stream.duration is not None
        assert stream.time_base is not None
        length = float(stream.duration * stream.time_base)
        return (stream.width, stream.height), length, bool(container.streams.audio)


@requirement("files:video")
@pytest.mark.parametrize(
    ("model", "body", "expected"),
    [
        (VEO, {"duration": 4}, ((1280, 720), 4, False)),
        (VEO, {"duration": 4, "aspect_ratio": "9:16", "generate_audio": True}, ((720, 1280), 4, True)),
        (SEEDANCE, {"resolution": "480p", "duration": 4}, ((854, 480), 4, True)),
        (WAN, {"width": 320, "height": 240}, ((320, 240), 5, False)),
        (
            UPSCALER,
            {"video_url": "https://example.com/a.mp4", "upscale_factor": 1.5},
            ((1920, 1080), 5, False),
        ),
    ],
)
def test_a_video_job_ends_in_a_video_that_plays_as_asked(
    studio: Krea, model: str, body: Json, expected: Json
) -> None:
    [url] = urls_of(studio, model, **body)

    answer = studio.get(url, key=None)

    assert url.endswith(".mp4")
    assert "/files/videos/" in url
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert played(answer.content) == expected


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(1, 1, (16, 16)), (1024.5, 20, (1024, 20)), (32_000, 32_000 / 120, (3840, 32)), (-5, 0, (16, 16))],
)
def test_no_size_that_the_schema_allows_is_too_much(
    studio: Krea, width: float, height: float, size: tuple[int, int]
) -> None:
    [url] = urls_of(studio, WAN, width=width, height=height)

    assert played(studio.get(url).content)[0] == size


@requirement("files:audio")
@pytest.mark.parametrize(
    ("model", "body", "seconds"),
    [(MUSIC, {"music_length_ms": 3_000}, 3), (SPEECH, {"prompt": "x" * 60}, 4)],
)
def test_an_audio_job_ends_in_a_sound_as_long_as_asked(
    studio: Krea, model: str, body: Json, seconds: float
) -> None:
    [url] = urls_of(studio, model, **body)

    answer = studio.get(url, key=None)

    assert "/files/audio/" in url
    assert answer.headers["content-type"] == "audio/mpeg"
    with av.open(io.BytesIO(answer.content), "r") as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert samples / 44_100 == pytest.approx(seconds, abs=0.06)


@requirement("files:3d")
def test_a_3d_job_ends_in_a_model_and_a_preview_that_say_which_is_which(studio: Krea) -> None:
    urls = urls_of(studio, TRELLIS)

    model, preview = (studio.get(each["url"], key=None) for each in urls)

    assert [each["type"] for each in urls] == ["model", "preview"]
    assert model.headers["content-type"] == "model/gltf-binary"
    shape: Any = trimesh.load(io.BytesIO(model.content), file_type="glb", force="mesh")
    assert shape.is_watertight
    assert preview.headers["content-type"] == "image/png"
    Image.open(io.BytesIO(preview.content)).verify()


def test_a_video_can_be_fetched_in_parts_and_asked_about(studio: Krea) -> None:
    [url] = urls_of(studio, WAN, width=64, height=64)
    whole = studio.get(url)

    part = studio.get(url, headers={"Range": "bytes=100-199"})
    head = studio.ask("HEAD", url)
    again = studio.get(url, headers={"If-None-Match": whole.headers["etag"]})

    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert (head.status_code, head.content, head.headers) == (200, b"", whole.headers)
    assert again.status_code == 304


def test_the_video_of_a_job_is_the_same_in_another_process_of_the_same_seed(make_krea: MakeKrea) -> None:
    one, other = (make_krea(IMMEDIATE, seed=5) for _ in range(2))

    [first], [second] = (urls_of(krea, WAN, width=64, height=64) for krea in (one, other))

    assert first == second
    assert one.get(first).content == other.get(second).content


def test_the_result_of_a_job_can_be_the_input_of_the_next_and_is_measured(studio: Krea) -> None:
    [url] = urls_of(studio, WAN, width=320, height=240)

    job_id = studio.generate(UPSCALER, {"video_url": url, "upscale_factor": 2}).json()["job_id"]

    [enhanced] = studio.job(job_id)["result"]["urls"]
    assert played(studio.get(enhanced).content) == ((640, 480), 5, False)


def test_files_of_one_job_are_not_found_under_another_kind(studio: Krea) -> None:
    job_id = studio.submit(TRELLIS)

    for path in (f"videos/{job_id}.mp4", f"models/{job_id}.png", f"previews/{job_id}.glb"):
        assert studio.get(f"/files/{path}").status_code == 404
