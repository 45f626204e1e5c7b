"""Bodies as clients and accidents send them: each is read, or refused in one sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from mockkrea.adapters.memory import Bodies
from tests.asking import FLUX, KEY, KREA_2, KREA_2_BODY, Json, Krea
from tests.contract.requirements import requirement
from tests.mcp.speaking import Speaker
from tests.media.samples import png

BODY_BYTES_MAX = 105_000_000
MEGABYTE = 1_000_000

AUTHORIZED = (b"authorization", f"Bearer {KEY}".encode())
JSON_TYPE = (b"content-type", b"application/json")

UNREADABLE = {
    "empty": b"",
    "blank": b" \n\t ",
    "no JSON": b"prompt=x",
    "half a text": b'{"prompt": "x',
    "half an object": b'{"prompt": "x"',
    "two objects": b'{"prompt": "x"} {}',
    "a trailing comma": b'{"prompt": "x",}',
    "single quotes": b"{'prompt': 'x'}",
    "invalid UTF-8": b'{"prompt": "\xff\xfe"}',
    "Latin-1": '{"prompt": "é"}'.encode("latin-1"),
    "UTF-16": '{"prompt": "x"}'.encode("utf-16"),
    "a lone surrogate": b'{"prompt": "\\ud800"}',
    "NaN": b'{"prompt": "x", "seed": NaN}',
    "Infinity": b'{"prompt": "x", "seed": -Infinity}',
    "deep nesting": b'{"prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a large half": b'{"prompt": "' + b"x" * 2 * MEGABYTE,
}


@requirement("error:400")
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_is_no_json_is_a_400_that_changes_nothing(krea: Krea, body: bytes) -> None:
    with krea.unchanged():
        answer = krea.post(f"/generate/{FLUX}", body)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("The body is ")
    assert len(answer.content) < 500


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_of_another_content_type_is_told_which_one_to_send(krea: Krea, content_type: str) -> None:
    with krea.unchanged():
        answer = krea.ask(
            "POST", f"/generate/{FLUX}", content=b'{"prompt": "x"}', headers={"Content-Type": content_type}
        )

    assert answer.status_code == 400
    assert "Content-Type: application/json" in answer.json()["message"]


def test_a_body_without_a_content_type_is_told_that_it_is_missing(krea: Krea) -> None:
    answer = krea.ask("POST", f"/generate/{FLUX}", content=b'{"prompt": "x"}')

    assert answer.status_code == 400
    assert "missing" in answer.json()["message"]


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON", "application/json; charset=utf-8"]
)
def test_the_content_type_may_be_written_in_any_case_and_name_a_charset(
    krea: Krea, content_type: str
) -> None:
    answer = krea.ask(
        "POST", f"/generate/{FLUX}", content=b'{"prompt": "x"}', headers={"Content-Type": content_type}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("path", [f"/generate/{FLUX}", "/assets", "/__mockkrea/clock", "/mcp", "/auth/token"])
@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, identity"])
def test_an_encoded_body_is_refused_by_the_name_of_its_header(krea: Krea, path: str, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}

    with krea.unchanged():
        answer = krea.ask("POST", path, content=b'{"prompt": "x"}', headers=headers)

    assert answer.status_code == 415
    assert f"without the header Content-Encoding; it was '{encoding}'." in answer.text


def test_a_body_in_the_identity_encoding_is_a_body_as_it_is(krea: Krea) -> None:
    answer = krea.generate(FLUX, {"prompt": "x"}, headers={"Content-Encoding": "Identity"})

    assert answer.status_code == 200


def test_of_a_key_that_stands_twice_the_last_one_counts(krea: Krea) -> None:
    answer = krea.post(f"/generate/{FLUX}", b'{"prompt": "first", "prompt": "second"}')

    assert answer.status_code == 200
    assert b'"prompt":"second"' in krea.state()
    assert b'"first"' not in krea.state()


def test_a_prompt_in_any_script_is_kept_as_it_was_written(krea: Krea) -> None:
    prompt = "Straße, 灯台, مَنارة, 🦊\u0000"

    krea.submit(KREA_2, **KREA_2_BODY | {"prompt": prompt})

    assert "灯台, مَنارة, 🦊\\u0000" in krea.state().decode()


@pytest.mark.parametrize(
    ("seed", "status"), [(b"1e400", 400), (b"1" * 400, 400), (b"-0.0", 200), (b"1e308", 200)]
)
def test_numbers_are_taken_to_the_edge_of_what_a_float_can_say_and_refused_beyond(
    krea: Krea, seed: bytes, status: int
) -> None:
    answer = krea.post(f"/generate/{FLUX}", b'{"prompt": "x", "seed": %b}' % seed)

    assert answer.status_code == status
    assert krea.get("/jobs").status_code == 200


@pytest.mark.parametrize(("depth", "status"), [(10, 200), (200, 200), (1_000, 200), (1_100, 400)])
def test_deep_values_in_keys_that_nested_objects_let_pass_do_no_harm(
    krea: Krea, depth: int, status: int
) -> None:
    deep = b'{"prompt": "x", "styles": [{"id": "inkwash01", "strength": 1, "more": %b}]}'

    answer = krea.post(f"/generate/{FLUX}", deep % (b"[" * depth + b"]" * depth))

    assert answer.status_code == status
    assert krea.state()
    assert krea.get("/jobs").status_code == 200


@requirement("error:413")
def test_an_announced_body_over_the_limit_is_refused_before_it_is_read(krea: Krea) -> None:
    size = (b"content-length", b"%d" % (BODY_BYTES_MAX + 1))

    status, body = krea.raw({"headers": [AUTHORIZED, JSON_TYPE, size]}, [])

    assert status == 413
    assert b"105,000,000 bytes" in body


@pytest.mark.parametrize("size", [b"9" * 30, b"9" * 5000])
def test_a_content_length_beyond_all_measure_is_too_large_as_well(krea: Krea, size: bytes) -> None:
    status, _ = krea.raw({"headers": [AUTHORIZED, JSON_TYPE, (b"content-length", size)]}, [])

    assert status == 413


@pytest.mark.parametrize("size", [b"-1", b"ten", b"1,000", b"1.5", b"\xb2"])
def test_a_content_length_that_is_no_number_is_a_400(krea: Krea, size: bytes) -> None:
    status, _ = krea.raw({"headers": [AUTHORIZED, JSON_TYPE, (b"content-length", size)]}, [])

    assert status == 400


def test_a_streamed_body_without_a_length_is_refused_once_it_is_over_the_limit(krea: Krea) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += MEGABYTE
            yield b" " * MEGABYTE

    with krea.unchanged():
        answer = krea.ask(
            "POST", f"/generate/{FLUX}", content=endless(), headers={"Content-Type": "application/json"}
        )

    assert answer.status_code == 413
    assert sent == BODY_BYTES_MAX + MEGABYTE


def test_a_streamed_body_of_many_parts_is_put_together(krea: Krea) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for byte in b'{"prompt": "a fox"}':
            yield bytes([byte])

    answer = krea.ask(
        "POST", f"/generate/{FLUX}", content=parts(), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 200


def test_a_body_over_a_megabyte_is_read_like_a_small_one(krea: Krea) -> None:
    images = [{"url": "https://example.com/a.png", "strength": 1}] * 30_000

    assert krea.generate(FLUX, {"prompt": "x", "style_images": images}).status_code == 200


def test_a_client_that_goes_away_in_the_middle_of_a_body_leaves_no_job(krea: Krea) -> None:
    messages: list[Json] = [
        {"type": "http.request", "body": b'{"prompt": ', "more_body": True},
        {"type": "http.disconnect"},
    ]

    with krea.unchanged():
        status, _ = krea.raw({"headers": [AUTHORIZED, JSON_TYPE]}, messages)

    assert status == 400


def test_a_client_without_a_token_is_refused_before_its_body_is_read(krea: Krea) -> None:
    status, _ = krea.raw({"headers": [JSON_TYPE]}, [])

    assert status == 401


@requirement("auth:before-body")
def test_an_empty_post_without_a_token_is_unauthorized_and_not_unreadable(krea: Krea) -> None:
    assert krea.ask("POST", f"/generate/{FLUX}", key=None).status_code == 401


def test_a_get_may_claim_a_json_body_that_it_does_not_have(krea: Krea) -> None:
    job_id = krea.submit()

    for path in ("/jobs", f"/jobs/{job_id}"):
        assert krea.get(path, headers={"Content-Type": "application/json"}).status_code == 200


# ---- many bodies at once


class Slow:
    """A client of a mock whose bodies may take 1,000 bytes together; its body comes in parts of 400 bytes."""

    def __init__(self, krea: Krea, path: str = f"/generate/{FLUX}") -> None:
        self._krea = krea
        self._parts = asyncio.Queue[Json]()
        self.sent: list[Json] = []
        self._asked = krea.app(
            {
                "type": "http",
                "method": "POST",
                "scheme": "http",
                "path": path,
                "query_string": b"",
                "headers": [(b"host", b"127.0.0.1:5732"), AUTHORIZED, JSON_TYPE],
            },
            self._parts.get,
            self._send,
        )

    async def __aenter__(self) -> Slow:
        self.task = asyncio.ensure_future(self._asked)
        await self.part()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.part(more=False)
        await self.task

    async def _send(self, message: Json) -> None:
        self.sent.append(message)

    async def part(self, *, more: bool = True) -> None:
        """Send a part of the body, and let the server read it."""
        self._parts.put_nowait({"type": "http.request", "body": b" " * 400, "more_body": more})
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
def narrow(krea: Krea) -> Krea:
    """A mock in which all bodies may take 1,000 bytes together, and which has its MCP server."""
    Speaker(krea).tools()
    krea.app._bodies = Bodies(bytes_max=1_000)
    return krea


@requirement("error:503:bodies")
@pytest.mark.parametrize("path", [f"/generate/{FLUX}", "/mcp"])
def test_a_body_for_which_there_is_no_room_is_a_503_before_more_of_it_is_read(
    narrow: Krea, path: str
) -> None:
    async def meet() -> list[Json]:
        async with Slow(narrow), Slow(narrow):
            third = Slow(narrow, path)
            async with third:
                assert third.task.done(), "nothing more of it is waited for"
        return third.sent

    start, body = narrow.run(meet())

    headers = dict(start["headers"])
    assert start["status"] == 503
    assert headers[b"retry-after"] == b"1"
    assert headers[b"connection"] == b"close"
    assert json.loads(body["body"])["message"] == (
        "The bodies of other requests take the 1,000 bytes that there are for them; try again."
    )


def test_a_body_gives_its_room_back_when_it_was_answered_or_refused(narrow: Krea) -> None:
    async def meet() -> None:
        for _ in range(3):
            async with Slow(narrow), Slow(narrow), Slow(narrow):
                pass

    narrow.run(meet())

    assert narrow.app._bodies.held_bytes == 0


def test_a_body_that_comes_in_one_piece_and_an_upload_need_no_room(narrow: Krea) -> None:
    whole = {"type": "http.request", "body": json.dumps({"prompt": "x" * 1_500}).encode(), "more_body": False}

    assert narrow.raw({"headers": [AUTHORIZED, JSON_TYPE]}, [whole])[0] == 200
    assert narrow.upload(png(640, 480))["width"] == 640


def test_a_message_that_a_fault_asks_for_is_refused_like_any_other_body(narrow: Krea) -> None:
    narrow.control("faults", {"when": {"tool": "generate"}, "then": {"status": 500}})
    scope = {"path": "/mcp", "headers": [AUTHORIZED, JSON_TYPE, (b"content-length", b"105000001")]}

    status, _ = narrow.raw(scope, [])

    assert status == 413
