"""Assets over REST: files that a client uploads, finds again and deletes."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from mockkrea.adapters.http_answers import SENT_AT_ONCE_BYTES
from mockkrea.core.assets import FILE_BYTES_MAX
from tests.asking import KEY, Headers, Json, Krea, MakeKrea, lasting_headers
from tests.contract.requirements import requirement
from tests.media.samples import SAMPLES, gif, mp3, mp4, png

NOBODYS = "00000000-0000-4000-8000-000000000000"

FACTS = {
    "jpg": ("image/jpeg", 64, 48),
    "png": ("image/png", 64, 48),
    "webp": ("image/webp", 64, 48),
    "heic": ("image/heic", 64, 48),
    "mp4": ("video/mp4", 64, 48),
    "mov": ("video/quicktime", 64, 48),
    "webm": ("video/webm", 64, 48),
    "glb": ("model/gltf-binary", None, None),
    "wav": ("audio/wav", None, None),
    "mp3": ("audio/mpeg", None, None),
}

CHUNK = bytes(65_536)
FEW_BYTES = 4 * SENT_AT_ONCE_BYTES


def listed(krea: Krea, **rest: Json) -> list[str]:
    """The ids on one page of the list."""
    answer = krea.get("/assets", **rest)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


@pytest.fixture
def files_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many files lie where blobs are kept, finished or not."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return lambda: sum(path.is_file() for path in tmp_path.rglob("*"))


@requirement("asset:media")
@pytest.mark.parametrize(("extension", "make"), SAMPLES.items())
def test_every_medium_that_krea_takes_comes_back_byte_for_byte(
    krea: Krea, extension: str, make: Callable[[], bytes]
) -> None:
    content = make()
    mime_type, width, height = FACTS[extension]

    asset = krea.upload(content)
    file = krea.get(asset["image_url"], key=None)

    assert asset["mime_type"] == file.headers["content-type"] == mime_type
    assert (asset["width"], asset["height"], asset["size_bytes"]) == (width, height, len(content))
    assert asset["image_url"].endswith(f"/files/uploads/{asset['id']}.{extension}")
    assert file.content == content


@requirement("asset:shape")
def test_an_asset_has_the_documented_keys_and_a_description_only_if_it_was_given(krea: Krea) -> None:
    plain, told = krea.upload(png()), krea.upload(png(), description="über allem")

    assert list(plain) == ["id", "image_url", "uploaded_at", "width", "height", "size_bytes", "mime_type"]
    assert plain["uploaded_at"] == "2026-11-22T10:00:00.000Z"
    assert told["description"] == "über allem"
    assert krea.get(f"/assets/{told['id']}").json() == told


@requirement("asset:by-bytes")
@pytest.mark.parametrize(
    "name", ["fox.mp4", "../../etc/passwd", "C:\\fox.exe", "a\x00b.png", 'say "fox".html', "", "x" * 2_000]
)
def test_neither_the_name_nor_the_type_that_a_client_gives_decides_anything(krea: Krea, name: str) -> None:
    parts = {"file": (name or "blob", png(), "text/html")}

    asset = krea.ask("POST", "/assets", files=parts).json()

    assert asset["mime_type"] == "image/png"
    assert asset["image_url"].endswith(f"/files/uploads/{asset['id']}.png")


@pytest.mark.parametrize("content", [gif(), b"<svg/>", b"%PDF-1.7", b"MZ", b"a fox", png()[:40], mp3()[:1]])
def test_a_file_of_no_medium_or_a_broken_one_is_refused_and_leaves_nothing(
    krea: Krea, files_kept: Callable[[], int], content: bytes
) -> None:
    with krea.unchanged():
        answer = krea.ask("POST", "/assets", files={"file": ("fox.png", content, "image/png")})

    assert answer.status_code == 400
    assert "JPEG, PNG, WebP, HEIC, MP4" in answer.json()["message"]
    assert files_kept() == 0


def test_ids_follow_from_the_seed_and_the_order_of_uploads(make_krea: MakeKrea) -> None:
    first, again, other = (make_krea(seed=seed) for seed in (7, 7, 8))

    ids = [[krea.upload(png())["id"] for _ in range(2)] for krea in (first, again, other)]

    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])


def test_a_refused_upload_does_not_disturb_the_ids_of_the_next_ones(make_krea: MakeKrea) -> None:
    calm, disturbed = make_krea(), make_krea()
    disturbed.ask("POST", "/assets", files={"file": ("blob", b"a fox")})

    assert disturbed.upload(png())["id"] == calm.upload(png())["id"]


def test_a_world_with_uploads_is_told_again_by_its_records(krea: Krea) -> None:
    krea.upload(png())
    krea.real_time.pass_by(1)
    krea.ask("DELETE", f"/assets/{krea.upload(mp4(), description='a')['id']}")

    replayed = krea.tenant.journal.replayed(krea.tenant.now_us())

    assert replayed.as_bytes() == krea.state()


@requirement("asset:list")
def test_assets_are_listed_newest_first_in_pages_that_neither_skip_nor_repeat(krea: Krea) -> None:
    ids = [krea.upload(png())["id"] for _ in range(5)]
    krea.real_time.pass_by(1)
    ids += [krea.upload(png())["id"] for _ in range(2)]

    pages: list[list[str]] = []
    query: Json = {"limit": 3}
    while not pages or "cursor" in query:
        page = krea.get("/assets", params=query).json()
        pages.append([each["id"] for each in page["items"]])
        query = {"limit": 3} | ({"cursor": page["next_cursor"]} if page["next_cursor"] else {})

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [id for page in pages for id in page] == ids[::-1]


def test_a_plain_time_as_cursor_means_strictly_before_it(krea: Krea) -> None:
    early = krea.upload(png())
    krea.real_time.pass_by(1)
    late = krea.upload(png())

    assert listed(krea, params={"cursor": late["uploaded_at"]}) == [early["id"]]
    assert listed(krea, params={"cursor": early["uploaded_at"]}) == []


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=yesterday", "cursor="])
def test_a_page_that_cannot_be_is_refused(krea: Krea, query: str) -> None:
    assert krea.get(f"/assets?{query}").status_code == 400


@requirement("asset:delete")
@requirement("asset:delete:file")
def test_a_deleted_asset_is_gone_with_its_file(krea: Krea) -> None:
    asset, kept = krea.upload(png()), krea.upload(png())

    deleted = krea.ask("DELETE", f"/assets/{asset['id']}")

    assert deleted.status_code == 200
    assert deleted.json()["success"] is True
    assert isinstance(deleted.json()["message"], str)
    assert listed(krea) == [kept["id"]]
    assert krea.get(f"/assets/{asset['id']}").status_code == 404
    assert krea.ask("DELETE", f"/assets/{asset['id']}").status_code == 404
    assert krea.get(asset["image_url"]).status_code == 404
    assert krea.get(kept["image_url"]).content == png()


def test_bytes_are_kept_once_and_only_as_long_as_an_asset_has_them(
    krea: Krea, files_kept: Callable[[], int]
) -> None:
    first, second = krea.upload(png()), krea.upload(png())
    assert files_kept() == 1

    krea.ask("DELETE", f"/assets/{first['id']}")
    assert files_kept() == 1

    krea.ask("DELETE", f"/assets/{second['id']}")
    assert files_kept() == 0


def test_a_reset_takes_assets_and_their_bytes_away(krea: Krea, files_kept: Callable[[], int]) -> None:
    asset = krea.upload(png())

    krea.control("reset", {})

    assert listed(krea) == []
    assert krea.get(asset["image_url"]).status_code == 404
    assert files_kept() == 0


def test_a_world_that_is_closed_leaves_no_bytes_behind(krea: Krea, files_kept: Callable[[], int]) -> None:
    krea.upload(png())
    assert files_kept() == 1

    krea.tenant.close()

    assert files_kept() == 0


@requirement("asset:404")
def test_another_workspaces_asset_is_neither_seen_nor_deleted(krea: Krea) -> None:
    asset = krea.upload(png())

    with krea.unchanged():
        for method in ("GET", "DELETE"):
            answer = krea.ask(method, f"/assets/{asset['id']}", key="mockkrea:lin")
            assert (answer.status_code, answer.json()["error"]) == (404, "Asset not found")
        assert listed(krea, key="mockkrea:lin") == []


@pytest.mark.parametrize("id", [NOBODYS, "x", "..%2F..%2Fetc", "%00", "é", "a" * 3_000])
def test_an_id_that_nobody_dealt_is_not_found(krea: Krea, id: str) -> None:
    with krea.unchanged():
        assert krea.get(f"/assets/{id}").status_code == 404
        assert krea.ask("DELETE", f"/assets/{id}").status_code == 404
        assert krea.get(f"/files/uploads/{id}.png").status_code == 404


@pytest.mark.parametrize("key", [None, "wrong:key"])
def test_without_a_known_key_there_are_no_assets_and_no_body_is_read(krea: Krea, key: str | None) -> None:
    asset = krea.upload(png())

    with krea.unchanged():
        for method, path in (("GET", "/assets"), ("GET", f"/assets/{asset['id']}"), ("POST", "/assets")):
            answer = krea.ask(method, path, key=key)
            assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


def test_an_upload_counts_in_the_request_rate(krea: Krea) -> None:
    krea.control("workspaces/ada-personal/limits", {"requests_per_minute": 1})
    krea.upload(png())

    answer = krea.ask("POST", "/assets", files={"file": ("blob", png())})

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@requirement("asset:head")
def test_head_of_an_asset_and_of_its_file_is_answered_without_a_body(krea: Krea) -> None:
    asset = krea.upload(png())

    for path in (f"/assets/{asset['id']}", asset["image_url"]):
        get, head = krea.get(path), krea.ask("HEAD", path)
        assert (head.status_code, head.content, lasting_headers(head)) == (200, b"", lasting_headers(get))


@pytest.mark.parametrize(
    ("headers", "status", "part"),
    [
        ({"Range": "bytes=4-9"}, 206, slice(4, 10)),
        ({"Range": "bytes=-5"}, 206, slice(-5, None)),
        ({"Range": "bytes=10-"}, 206, slice(10, None)),
        ({"Range": "bytes=9999999-"}, 416, slice(0, 0)),
        ({"Range": "bytes=0-1,4-5"}, 200, slice(None)),
        ({"If-None-Match": "*"}, 304, slice(0, 0)),
    ],
)
def test_an_uploaded_file_is_served_in_parts_and_cannot_run_as_a_page(
    krea: Krea, headers: Headers, status: int, part: slice
) -> None:
    content = png()
    url = krea.upload(content)["image_url"]

    answer = krea.get(url, key=None, headers=headers)

    assert (answer.status_code, answer.content) == (status, content[part])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox"


def test_a_file_that_is_deleted_while_it_is_sent_is_sent_to_its_end(
    krea: Krea, files_kept: Callable[[], int]
) -> None:
    content = a_wav(3 * SENT_AT_ONCE_BYTES)
    asset = krea.upload(content)
    received = bytearray()

    async def send(message: Json) -> None:
        if not received and message.get("body"):
            krea.tenant.blobs.clear()
        received.extend(message.get("body", b""))

    download(krea, asset["image_url"], send)

    assert bytes(received) == content
    assert files_kept() == 0


@requirement("asset:size")
def test_a_file_of_75_megabytes_is_taken_and_sent_without_ever_being_in_memory(krea: Krea) -> None:
    hashed = sha256()

    async def send(message: Json) -> None:
        hashed.update(message.get("body", b""))

    tracemalloc.start()
    try:
        status, asset = upload_of(krea, FILE_BYTES_MAX)
        assert (status, asset["size_bytes"]) == (200, FILE_BYTES_MAX)
        download(krea, asset["image_url"], send)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert hashed.hexdigest() == sha256(a_wav(FILE_BYTES_MAX)).hexdigest()
    assert peak_bytes < FEW_BYTES


def test_one_byte_more_than_75_megabytes_is_refused_and_leaves_nothing(
    krea: Krea, files_kept: Callable[[], int]
) -> None:
    with krea.unchanged():
        status, body = upload_of(krea, FILE_BYTES_MAX + 1)

    assert status == 400
    assert "at most 75 MiB" in body["message"]
    assert files_kept() == 0


def test_an_announced_length_far_beyond_75_megabytes_is_refused_before_anything_is_read(krea: Krea) -> None:
    headers = [*UPLOAD_HEADERS, (b"content-length", b"%d" % 10**9)]

    status, body = krea.raw({"path": "/assets", "headers": headers}, [])

    assert status == 400
    assert b"at most 75 MiB" in body


UPLOAD_HEADERS = [
    (b"authorization", f"Bearer {KEY}".encode()),
    (b"content-type", b"multipart/form-data; boundary=xx"),
]
BEFORE = b'--xx\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\n\r\n'
AFTER = b"\r\n--xx--\r\n"


def wav_header(size_bytes: int) -> bytes:
    """The first 44 bytes of a WAV of so many bytes in all: 8 bits, mono, 8 kHz."""
    rate, format_bytes = (8_000).to_bytes(4, "little"), (16).to_bytes(4, "little")
    form = b"WAVEfmt " + format_bytes + b"\x01\0\x01\0" + rate + rate + b"\x01\0\x08\0"
    riff, data = ((size_bytes - before).to_bytes(4, "little") for before in (8, 44))
    return b"RIFF" + riff + form + b"data" + data


def a_wav(size_bytes: int) -> bytes:
    """Silence."""
    return wav_header(size_bytes) + bytes(size_bytes - 44)


def upload_of(krea: Krea, size_bytes: int) -> tuple[int, Json]:
    """Upload a WAV of so many bytes in small chunks, as a server hands them on."""

    def messages() -> Iterator[Json]:
        yield {"type": "http.request", "body": BEFORE + wav_header(size_bytes), "more_body": True}
        whole, rest = divmod(size_bytes - 44, len(CHUNK))
        for _ in range(whole):
            yield {"type": "http.request", "body": CHUNK, "more_body": True}
        yield {"type": "http.request", "body": CHUNK[:rest] + AFTER}

    status, body = krea.raw({"path": "/assets", "headers": UPLOAD_HEADERS}, messages())
    return status, json.loads(body)


def download(krea: Krea, url: str, send: Callable[[Json], Awaitable[None]]) -> None:
    """GET a file, chunk by chunk."""

    async def receive() -> Json:
        raise AssertionError("a file's route reads no body")

    headers = [(b"host", b"127.0.0.1:5732")]
    path = httpx.URL(url).path
    scope = {"type": "http", "scheme": "http", "method": "GET", "path": path, "query_string": b""}
    krea.run(krea.app({**scope, "headers": headers}, receive, send))
