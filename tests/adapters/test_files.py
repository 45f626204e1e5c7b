"""The pictures behind result URLs: real files, whole or in parts, for anybody who has the URL."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image

from mockkrea.adapters.door import Door
from mockkrea.adapters.files import Files, ranged
from mockkrea.adapters.http import Request
from tests.asking import FLUX, IMMEDIATE, KREA_2, KREA_2_BODY, URL, Json, Krea, MakeKrea, lasting_headers
from tests.contract.requirements import requirement
from tests.media.samples import png

TOPAZ = "enhance/topaz/standard-enhance"
TOPAZ_BODY = {"width": 320, "height": 200, "image_url": "https://example.com/a.png", "model": "CGI"}

CONTENT = bytes(range(100))

# What a Range header asks for, and the part of 100 bytes that it gets.
RANGES = {
    "bytes=0-9": (0, 9),
    "bytes=0-0": (0, 0),
    "bytes=40-59": (40, 59),
    "bytes=90-": (90, 99),
    "bytes=0-": (0, 99),
    "bytes=-10": (90, 99),
    "bytes=-100": (0, 99),
    "bytes=-1000": (0, 99),
    "bytes=99-99": (99, 99),
    "bytes=50-1000": (50, 99),
    "bytes= 10 - 19": (10, 19),
}
BEYOND = ["bytes=100-", "bytes=100-200", "bytes=99999999999-", "bytes=-0"]
PASSED_OVER = [
    *("bytes=9-0", "bytes=-", "bytes=", "bytes", "bytes=a-b", "bytes=1-2-3", "bytes=--1", "items=0-9"),
    *("bytes=0-9,20-29", "bytes=0-9, 20-29", "bytes=0x0-0x9", "bytes=1.5-2", f"bytes={'9' * 30}-"),
]


@pytest.fixture
def studio(make_krea: MakeKrea) -> Krea:
    """A mock in which every job is completed at once."""
    return make_krea(IMMEDIATE)


def picture_url(krea: Krea, model: str = FLUX, body: Json = None) -> str:
    """The URL of a new picture."""
    job_id = krea.generate(model, body or {"prompt": "a fox", "width": 512, "height": 512}).json()["job_id"]
    return str(krea.job(job_id)["result"]["urls"][0])


def in_part(range_header: str, **others: str) -> Request:
    """A request for a part of a file."""
    headers = [(b"range", range_header.encode())]
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in others.items()]

    async def receive() -> Json:
        raise AssertionError("a file's route reads no body")

    return Request({"method": "GET", "path": "/files/x", "headers": headers}, receive, Door())


@requirement("files:no-auth")
def test_a_picture_can_be_fetched_without_a_key_by_any_program(studio: Krea) -> None:
    answer = studio.get(picture_url(studio), key=None)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(answer.content))
    Image.open(io.BytesIO(answer.content)).verify()


def test_a_picture_cannot_run_as_a_page_of_this_server(studio: Krea) -> None:
    headers = studio.get(picture_url(studio)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox"


def test_head_of_a_picture_gives_its_size_and_type_and_no_bytes(studio: Krea) -> None:
    url = picture_url(studio)

    get, head = studio.get(url), studio.ask("HEAD", url)

    assert (head.status_code, head.content, lasting_headers(head)) == (200, b"", lasting_headers(get))


def test_the_same_url_gives_the_same_bytes_every_time(studio: Krea) -> None:
    url = picture_url(studio)

    assert studio.get(url).content == studio.get(url).content


@requirement("files:size")
@pytest.mark.parametrize(
    ("model", "body", "size"),
    [
        (FLUX, {"prompt": "a", "width": 640, "height": 512}, (640, 512)),
        (FLUX, {"prompt": "a"}, (1024, 1024)),
        (KREA_2, KREA_2_BODY, (1368, 768)),
        (TOPAZ, TOPAZ_BODY, (320, 200)),
    ],
)
def test_a_picture_has_the_size_that_was_asked_for(
    studio: Krea, model: str, body: Json, size: tuple[int, int]
) -> None:
    picture = Image.open(io.BytesIO(studio.get(picture_url(studio, model, body)).content))

    assert picture.size == size


@requirement("files:real")
@pytest.mark.parametrize(
    ("asked", "format", "media_type", "extension"),
    [
        ("png", "PNG", "image/png", ".png"),
        ("jpg", "JPEG", "image/jpeg", ".jpg"),
        ("webp", "WEBP", "image/webp", ".webp"),
        (None, "JPEG", "image/jpeg", ".jpg"),
    ],
)
def test_a_picture_is_in_the_format_that_was_asked_for(
    studio: Krea, asked: str | None, format: str, media_type: str, extension: str
) -> None:
    url = picture_url(studio, TOPAZ, TOPAZ_BODY | ({"output_format": asked} if asked else {}))

    answer = studio.get(url)

    assert url.endswith(extension)
    assert answer.headers["content-type"] == media_type
    assert Image.open(io.BytesIO(answer.content)).format == format


def test_another_jobs_picture_has_another_tag_even_for_the_same_body(studio: Krea) -> None:
    first, second = (studio.get(picture_url(studio)).headers["etag"] for _ in range(2))

    assert first != second


def test_a_picture_is_not_there_before_its_job_is_completed(krea: Krea) -> None:
    job_id = krea.submit(width=512, height=512)
    path = f"/files/images/{job_id}.png"

    assert krea.get(path).status_code == 404

    krea.clock("run_until", until=job_id)
    assert krea.get(path).status_code == 200


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_job_that_did_not_complete_never_has_a_picture(krea: Krea, status: str) -> None:
    job_id = krea.submit()
    krea.outcome(job_id, status=status)
    path = f"/files/images/{job_id}.png"

    krea.real_time.pass_by(3600)

    assert krea.get(path).status_code == 404


def test_a_picture_stays_after_its_job_was_deleted(studio: Krea) -> None:
    url = picture_url(studio)
    [job_id] = studio.listed()

    studio.cancel(job_id)

    assert studio.get(url).status_code == 200


def test_a_picture_is_gone_after_a_reset(studio: Krea) -> None:
    url = picture_url(studio)
    assert studio.get(url).status_code == 200

    studio.control("reset", {})

    assert studio.get(url).status_code == 404


@pytest.mark.parametrize(
    "path", ["/files/", "/files/images/", "/files/images/x.png", "/files/../etc/passwd", "/files/%00"]
)
def test_a_file_that_nobody_made_is_not_there(studio: Krea, path: str) -> None:
    assert studio.get(path, key=None).status_code == 404


async def turns(count: int) -> None:
    """Let whatever else runs here go on for so many turns."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("uploaded_source", [True, False])
def test_a_picture_that_is_asked_for_while_the_world_begins_anew_is_there_or_not(
    make_krea: MakeKrea, uploaded_source: bool
) -> None:
    seen: set[int] = set()
    for count in range(12):
        krea = make_krea(IMMEDIATE)
        source = krea.upload(png(64, 48))["image_url"] if uploaded_source else picture_url(krea)
        url = picture_url(krea, TOPAZ, TOPAZ_BODY | {"image_url": source})

        async def meet(krea: Krea = krea, url: str = url, count: int = count) -> int:
            asked = asyncio.create_task(krea.client.get(url))
            await turns(count)
            krea.tenant.reset()
            return (await asked).status_code

        seen.add(krea.run(meet()))

    assert seen == {200, 404}


def test_an_upload_that_is_being_answered_while_the_world_begins_anew_is_sent_whole(krea: Krea) -> None:
    picture = png(64, 48)
    path = krea.upload(picture)["image_url"].removeprefix(URL)
    sent: list[Json] = []

    async def receive() -> Json:
        raise AssertionError("a file's route reads no body")

    async def send(message: Json) -> None:
        sent.append(message)

    async def meet() -> None:
        request = Request({"method": "GET", "path": path, "headers": []}, receive, Door())
        answer = await Files().get(krea.tenant, request)
        krea.tenant.reset()
        await answer.send(send, request)

    krea.run(meet())

    assert b"".join(message.get("body", b"") for message in sent) == picture


def test_a_known_tag_is_answered_with_not_modified(studio: Krea) -> None:
    url = picture_url(studio)
    etag = studio.get(url).headers["etag"]

    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = studio.get(url, headers={"If-None-Match": known})

        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag


@pytest.mark.parametrize("known", ['"other"', "", '"', 'W/"other"'])
def test_an_unknown_tag_is_answered_with_the_picture(studio: Krea, known: str) -> None:
    assert studio.get(picture_url(studio), headers={"If-None-Match": known}).status_code == 200


def test_a_part_of_a_picture_is_that_part_of_the_whole(studio: Krea) -> None:
    url = picture_url(studio)
    whole = studio.get(url).content

    part = studio.get(url, headers={"Range": "bytes=100-199"})

    assert part.status_code == 206
    assert part.content == whole[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert part.headers["accept-ranges"] == "bytes"


def test_head_with_a_range_tells_of_the_whole_picture_and_sends_nothing(studio: Krea) -> None:
    """RFC 9110 gives Range a meaning for GET only, so that a HEAD tells of the whole."""
    url = picture_url(studio)

    head = studio.ask("HEAD", url, headers={"Range": "bytes=0-9"})

    assert head.status_code == 200
    assert head.headers["content-length"] == studio.get(url).headers["content-length"]


@pytest.mark.parametrize(("asked", "part"), RANGES.items())
def test_one_range_gets_its_part(asked: str, part: tuple[int, int]) -> None:
    first, last = part

    answer = ranged(in_part(asked), CONTENT, '"tag"', b"image/png")

    assert answer.status == 206
    assert answer.body == CONTENT[first : last + 1]
    assert (b"content-range", b"bytes %d-%d/100" % part) in answer.headers


@pytest.mark.parametrize("asked", BEYOND)
def test_a_range_beyond_the_end_is_told_how_long_the_file_is(asked: str) -> None:
    answer = ranged(in_part(asked), CONTENT, '"tag"', b"image/png")

    assert (answer.status, answer.body) == (416, b"")
    assert (b"content-range", b"bytes */100") in answer.headers


@pytest.mark.parametrize("asked", PASSED_OVER)
def test_a_range_that_makes_no_sense_or_is_several_gets_the_whole_file(asked: str) -> None:
    answer = ranged(in_part(asked), CONTENT, '"tag"', b"image/png")

    assert (answer.status, answer.body) == (200, CONTENT)


def test_a_range_holds_only_for_the_file_that_the_client_knows() -> None:
    for known, status in (('"tag"', 206), ('"other"', 200), ('W/"tag"', 200), ("", 200)):
        answer = ranged(in_part("bytes=0-9", if_range=known), CONTENT, '"tag"', b"image/png")

        assert answer.status == status


def test_a_known_tag_goes_before_a_range() -> None:
    answer = ranged(in_part("bytes=0-9", if_none_match='"tag"'), CONTENT, '"tag"', b"image/png")

    assert answer.status == 304
