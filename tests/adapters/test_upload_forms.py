"""The form of an upload: what clients write in their own ways is read, what is no form is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockkrea.adapters.door import Door
from mockkrea.adapters.http import Request
from mockkrea.adapters.multipart import DESCRIPTION_CHARACTERS_MAX, FIELDS, UploadForm
from tests.asking import KEY, TIMELESS, Json, Krea
from tests.contract.requirements import requirement
from tests.media.samples import png

PNG = png()
AUTHORIZED = (b"authorization", f"Bearer {KEY}".encode())
FILE = b'form-data; name="file"; filename="blob"'
DESCRIPTION = b'form-data; name="description"'


def part(disposition: bytes, content: bytes, *headers: bytes, boundary: bytes = b"xx") -> bytes:
    lines = (b"--" + boundary, b"Content-Disposition: " + disposition, *headers, b"", content, b"")
    return b"\r\n".join(lines)


def a_form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--xx--\r\n"


GOOD = a_form(part(FILE, PNG))

# What is wrong with a form, and what its refusal has to say.
BROKEN = {
    "empty": (b"", "boundary that the Content-Type names does not occur in the body"),
    "without its last boundary": (part(FILE, PNG), "cut off"),
    "cut off in the file": (GOOD[:60], "cut off"),
    "cut off in the last boundary": (GOOD[:-4], "cut off"),
    "cut off in a header": (GOOD[:20], "cut off"),
    "of another boundary": (GOOD.replace(b"xx", b"yy"), "names does not occur in the body"),
    "no form at all": (b"a fox", "names does not occur in the body"),
    "JSON": (b'{"file": "x"}', "names does not occur in the body"),
    "with a longer boundary": (GOOD.replace(b"xx", b"xxy"), "it is not well formed."),
    "without parts": (b"--xx--\r\n", "no part named file"),
    "without a file": (a_form(part(DESCRIPTION, b"a fox")), "no part named file"),
    "with an empty file": (a_form(part(FILE, b"")), "The file is empty"),
    "with two files": (a_form(part(FILE, PNG), part(FILE, PNG)), "several parts named file"),
    "with two descriptions": (
        a_form(part(DESCRIPTION, b"a"), part(DESCRIPTION, b"b"), part(FILE, PNG)),
        "several parts named description",
    ),
    "with a misspelt field": (
        a_form(part(b'form-data; name="descripton"', b"a"), part(FILE, PNG)),
        "did you mean description?",
    ),
    "with a field too many": (
        a_form(part(FILE, PNG), part(b'form-data; name="zzz"', b"1")),
        "its fields: file, description",
    ),
    "with a file that is text": (a_form(part(b'form-data; name="file"', PNG)), "needs a filename"),
    "with a nameless part": (a_form(part(b"form-data", PNG)), "with a name"),
    "with an attachment": (a_form(part(b'attachment; name="file"; filename="a"', PNG)), "form-data"),
    "without a disposition": (
        b"--xx\r\nContent-Type: image/png\r\n\r\n" + PNG + b"\r\n--xx--",
        "with a name",
    ),
    "with an endless header": (
        a_form(part(FILE, PNG, b"X: " + b"x" * 100_000)),
        "a part are too long.",
    ),
    "with very many headers": (a_form(part(FILE, PNG, *[b"X: x"] * 1_000)), "a part has too many headers."),
    "with a header that is none": (a_form(part(FILE, PNG, b"\x00: x")), "a header that is malformed."),
    "with a description in Latin-1": (a_form(part(DESCRIPTION, b"\xe9"), part(FILE, PNG)), "must be UTF-8"),
    "with an endless description": (
        a_form(part(DESCRIPTION, b"x" * (DESCRIPTION_CHARACTERS_MAX + 1)), part(FILE, PNG)),
        "at most 100,000 characters",
    ),
    "with a description of many bytes": (
        a_form(part(DESCRIPTION, b"x" * (4 * DESCRIPTION_CHARACTERS_MAX + 1)), part(FILE, PNG)),
        "at most 100,000 characters",
    ),
}

# Content-Types that announce no form.
OTHER_TYPES = [
    *("", "application/json", "application/x-www-form-urlencoded", "image/png", "text/plain"),
    *("multipart/mixed; boundary=xx", "multipart/form-data", "multipart/form-data; boundary="),
    *(";;;", 'multipart/form-data; boundary=""', f"multipart/form-data; boundary={'x' * 1_000}"),
]


def send(krea: Krea, body: bytes, content_type: str = "multipart/form-data; boundary=xx") -> tuple[int, Json]:
    answer = krea.ask("POST", "/assets", content=body, headers={"Content-Type": content_type})
    return answer.status_code, answer.json()


@requirement("asset:form")
@pytest.mark.parametrize(("body", "sentence"), BROKEN.values(), ids=BROKEN)
def test_a_broken_form_is_refused_in_a_sentence_and_leaves_nothing(
    krea: Krea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes, sentence: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with krea.unchanged():
        status, answer = send(krea, body)

    assert status == 400
    assert sentence in answer["message"]
    assert len(answer["message"]) < 300
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@requirement("asset:multipart")
@pytest.mark.parametrize("content_type", OTHER_TYPES)
def test_a_body_that_is_announced_as_something_else_is_refused(krea: Krea, content_type: str) -> None:
    with krea.unchanged():
        status, answer = send(krea, GOOD, content_type)

    assert status == 400
    assert "multipart/form-data" in answer["message"]
    assert ("missing" in answer["message"]) == (not content_type)


def test_a_body_in_json_is_told_what_was_expected(krea: Krea) -> None:
    answer = krea.ask("POST", "/assets", json={"file": "https://example.com/fox.png"})

    assert answer.status_code == 400
    assert "multipart/form-data with a part named file" in answer.json()["message"]
    assert "application/json" in answer.json()["message"]


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(
    krea: Krea, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    headers = [AUTHORIZED, (b"content-type", b"multipart/form-data; boundary=xx")]
    messages: list[Json] = [
        {"type": "http.request", "body": GOOD[:200], "more_body": True},
        {"type": "http.disconnect"},
    ]

    with krea.unchanged():
        status, body = krea.raw({"path": "/assets", "headers": headers}, messages)

    assert status == 400
    assert b"went away" in body
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("token", [(), ((b"authorization", b"Bearer wrong"),)])
def test_the_key_is_checked_before_the_form_is_read(krea: Krea, token: Iterable[tuple[bytes, bytes]]) -> None:
    status, _ = krea.raw({"path": "/assets", "headers": [*token]}, [])

    assert status == 401


@requirement("asset:boundaries")
@pytest.mark.parametrize(
    "boundary",
    [
        "x",
        "----WebKitFormBoundary7MA4YWxkTrZu0gW",
        "------------------------d74496d66958873e",
        "0123456789abcdef0123456789abcdef",
        "'()+_,-./:=?",
        "=_Part_12_345.678==",
        "a b c",
        "y" * 70,
    ],
)
def test_a_form_may_have_any_boundary_that_a_client_can_write(krea: Krea, boundary: str) -> None:
    body = part(FILE, PNG, b"Content-Type: image/png", boundary=boundary.encode())
    body += f"--{boundary}--".encode()

    status, asset = send(krea, body, f'multipart/form-data; charset=utf-8; boundary="{boundary}"')

    assert status == 200, asset
    assert krea.get(asset["image_url"]).content == PNG


@pytest.mark.parametrize(
    "form",
    [
        GOOD.replace(b"Content-Disposition", b"content-disposition"),
        GOOD.replace(FILE, b"form-data;name=file;filename=blob"),
        GOOD.replace(FILE, b'form-data; filename=""; name="file"'),
        GOOD.replace(FILE, FILE + b"; filename*=UTF-8''na%C3%AFve.png"),
        b"\r\n" + GOOD + b"an epilogue",
        b"A preamble --xx that old clients show.\r\n" * 9 + GOOD,
        a_form(part(FILE, PNG), part(DESCRIPTION, b"")),
        a_form(part(DESCRIPTION, "ein Fuchs, größer".encode()), part(FILE, PNG)),
    ],
)
def test_what_clients_write_differently_means_the_same_file(krea: Krea, form: bytes) -> None:
    status, asset = send(krea, form)

    assert status == 200, asset
    assert krea.get(asset["image_url"]).content == PNG


async def read(chunks: list[bytes]) -> tuple[bytes, str | None]:
    """The file and the description that a form gives when it arrives in these chunks."""
    messages = iter([{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks])

    async def receive() -> Json:
        return next(messages, {"type": "http.request", "body": b""})

    headers = [(b"content-type", b"multipart/form-data; boundary=xx")]
    scope = {"method": "POST", "path": "/assets", "headers": headers}
    file = bytearray()
    description = await UploadForm(Request(scope, receive, Door()), FIELDS).read(file.extend)
    return bytes(file), description


# Contents that look like the ends of parts, and do not contain one.
tricks = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"x", b"--x", b"\r\n--", b"\r\n--x", b"\0", b"fox"])
).map(b"".join)


@TIMELESS
@given(
    preamble=tricks.filter(lambda preamble: b"--xx" not in preamble),
    content=tricks.filter(lambda content: content and b"\r\n--xx" not in content),
    description=st.text(max_size=20),
    chunk_bytes=st.integers(1, 40),
)
def test_no_content_is_taken_for_a_boundary_however_the_form_is_cut_into_chunks(
    preamble: bytes, content: bytes, description: str, chunk_bytes: int
) -> None:
    form = a_form(part(DESCRIPTION, description.encode()), part(FILE, content))
    form = preamble + b"\r\n" + form
    chunks = [form[at : at + chunk_bytes] for at in range(0, len(form), chunk_bytes)]

    assert asyncio.run(read(chunks)) == (content, description)
