"""What no sound client sends is refused in Krea's shape, and never is a mistake or changes the world."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.asking import FLUX, KREA_2, KREA_2_BODY, Krea

MEGABYTE = 1_000_000
PATH = f"/generate/{FLUX}"
MANY_DIGITS = b"1" + b"0" * 5_000
DEEP = 100_000


def refused(krea: Krea, answer: httpx.Response, *statuses: int) -> str:
    """The sentence of an answer that refuses in Krea's shape."""
    assert answer.status_code in statuses, answer.text[:300]
    body = answer.json()
    assert body["message"] == body["error"]
    assert len(body["message"]) < 2_000
    return str(body["message"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"{",
        b'{"prompt": "a fox"',
        b'{"prompt": "a fox"}}',
        b'{"prompt": "a fox",}',
        b"{'prompt': 'a fox'}",
        b'{prompt: "a fox"}',
        b'{"prompt": "a fox", "seed": NaN}',
        b'{"prompt": "a fox", "seed": Infinity}',
        b'{"prompt": "a fox", "seed": 01}',
        b'{"prompt": "a fox", "seed": 0x10}',
        b'{"prompt": "a\nfox"}',
        b'{"prompt": "\\x"}',
        b'{"prompt": "\\ud800"}',
        b'{"prompt": "\\udc00\\ud800"}',
        b'{"prompt": "\xff"}',
        b'{"prompt": "\xed\xa0\x80"}',
        b"\xef\xbb\xbf" + b'{"prompt": "a fox"}',
        '{"prompt": "a fox"}'.encode("utf-16"),
        b"prompt=a+fox",
        b"<prompt>a fox</prompt>",
        b'{"prompt": ' + b"[" * DEEP + b"]" * DEEP + b"}",
        b"[" * DEEP,
        b'{"a":' * DEEP,
        b'{"prompt": "' + b"x" * 2 * MEGABYTE,
    ],
    ids=lambda content: repr(content[:30]),
)
def test_a_body_that_is_no_json_is_a_bad_request_that_says_why(krea: Krea, content: bytes) -> None:
    with krea.unchanged():
        message = refused(krea, krea.post(PATH, content), 400)

    assert message.startswith(("The body is no JSON: ", "The body is empty; "))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seed", b"1e400"),
        ("seed", b"-1e400"),
        ("width", b"1e308"),
        ("width", b"-0"),
        ("width", b"1e-400"),
        ("width", MANY_DIGITS),
        ("seed", b"true"),
        ("seed", b'"7"'),
        ("prompt", b"7"),
        ("prompt", b"null"),
        ("prompt", b'["a fox"]'),
        ("prompt", b'"' + b"x" * 10 * MEGABYTE + b'"'),
        ("styles", b"{}"),
        ("styles", b"[[]]"),
        ("image_url", b'{"url": "https://example.com/a.png"}'),
        ("image_url", b'"javascript:alert(1)"'),
        ("image_url", b'"file:///etc/passwd"'),
        ("image_url", b'"https://example.com/a.png, https://example.com/b.png"'),
        ("image_url", b'"data:image/png;base64,"'),
        ("image_url", b'"data:image/png;base64,<svg>"'),
        ("image_url", b'"data:text/html;base64,PGgxPmhpPC9oMT4="'),
        ("image_url", b'"http://127.0.0.1:5732/files/../../etc/passwd"'),
        ("image_url", b'"http://[::1"'),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_a_value_that_no_field_takes_is_named_and_not_repeated(krea: Krea, field: str, value: bytes) -> None:
    body = b'{"prompt": "a fox", "%s": %s}' % (field.encode(), value)

    with krea.unchanged():
        answer = krea.post(PATH, body)

    refused(krea, answer, 400, 422)
    if answer.status_code == 422:
        assert [issue["path"].split("/")[1] for issue in answer.json()["issues"]][:1] == [field]


def test_of_a_key_that_is_given_twice_the_last_one_counts(krea: Krea) -> None:
    first_wrong = krea.post(PATH, b'{"prompt": 5, "prompt": "a fox"}')
    with krea.unchanged():
        last_wrong = krea.post(PATH, b'{"prompt": "a fox", "prompt": 5}')

    assert first_wrong.status_code == 200
    assert "/prompt" in refused(krea, last_wrong, 422)


def test_values_nested_a_few_hundred_deep_are_refused_as_unknown_fields(krea: Krea) -> None:
    body = b'{"prompt": "a fox", "deep": ' + b'{"a": [' * 400 + b"]}" * 400 + b"}"

    with krea.unchanged():
        answer = krea.post(PATH, body)

    assert "/deep is not a field of flux-1-dev" in refused(krea, answer, 422)


def test_a_prompt_may_hold_any_character_that_json_can_say(krea: Krea) -> None:
    for prompt in ("\x00\x01\x7f", "\ufffe\uffff", "🦊\u202e", "e\u0301" * 400):
        assert krea.post(PATH, json.dumps({"prompt": prompt}).encode()).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "é",
        ";" * 999,
    ],
)
def test_a_body_of_another_content_type_is_a_bad_request(krea: Krea, content_type: str) -> None:
    headers = [(b"authorization", b"Bearer mockkrea:dev"), (b"content-type", content_type.encode("latin-1"))]
    body = json.dumps({"prompt": "a fox"}).encode()

    with krea.unchanged():
        status, answer = krea.raw({"headers": headers}, [{"type": "http.request", "body": body}])

    assert status == 400
    assert "send the header Content-Type: application/json" in json.loads(answer)["message"]
    assert len(answer) < 1_000


@pytest.mark.parametrize(
    "id",
    [
        "%2e%2e",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5c",
        "%00",
        "a%00b",
        "%2F",
        "%ff%fe",
        "%ed%a0%80",
        "%25%32%65",
        "x" * 10_000,
        "'; DROP TABLE jobs; --",
        "{job_id}",
        "🦊",
    ],
    ids=lambda id: id[:20],
)
def test_ids_that_no_job_has_are_not_found_whatever_they_are_made_of(krea: Krea, id: str) -> None:
    krea.submit()

    with krea.unchanged():
        answers = [krea.ask(method, f"/jobs/{id}") for method in ("GET", "DELETE")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert all(len(answer.content) < 1_000 for answer in answers)


@pytest.mark.parametrize(
    "path",
    [
        *("/files/../mockkrea/app.py", "/files/%2e%2e/%2e%2e/etc/passwd", "/files/uploads/..%2f..%2fx"),
        *("/files/images/%00.png", f"/files/{'x' * 10_000}", "/files/uploads/%ff", "//files/images/x"),
        *(f"/generate/{'x/' * 5_000}", "/generate/%00", "/generate/..%2f..", "/jobs//", "/jobs/x/y"),
    ],
    ids=lambda path: path[:30],
)
def test_paths_under_which_nothing_lies_are_not_found(krea: Krea, path: str) -> None:
    with krea.unchanged():
        for method in ("GET", "POST"):
            answer = krea.ask(method, path, headers={"Accept": "application/json"})
            assert answer.status_code in (404, 405), answer.text
            assert len(answer.content) < 1_000


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=1e2",
        "limit=%D9%A1",
        "limit=" + "9" * 10_000,
        "limit=10&limit=x",
        "limit[]=1",
        "cursor=",
        "cursor=%00",
        "cursor=now",
        "cursor=9999-99-99T99:99:99Z",
        "cursor=" + "2" * 10_000,
        "status=",
        "status=Completed",
        "status=completed,failed",
        "status=%ff",
    ],
    ids=lambda query: query[:30],
)
def test_query_parameters_that_make_no_sense_are_bad_requests(krea: Krea, query: str) -> None:
    krea.submit()

    with krea.unchanged():
        answer = krea.get(f"/jobs?{query}")

    if query.startswith("limit[]"):
        assert answer.status_code == 200
    else:
        refused(krea, answer, 400)


@pytest.mark.parametrize(
    ("header", "refusal"),
    [("Authorization", 401), ("X-Api-Zero-Data-Retention", 400), ("Content-Length", 400)],
)
@pytest.mark.parametrize("value", [b"\xff\xfe", b"x" * 10_000, b"Bearer \x80", b"-1", b"1e3"])
def test_headers_that_make_no_sense_are_refused(krea: Krea, header: str, refusal: int, value: bytes) -> None:
    headers = [
        (b"authorization", b"Bearer mockkrea:dev"),
        (b"content-type", b"application/json"),
        (header.lower().encode(), value),
    ]
    body = json.dumps(KREA_2_BODY).encode()

    with krea.unchanged():
        status, _ = krea.raw(
            {"path": f"/generate/{KREA_2}", "headers": headers},
            [{"type": "http.request", "body": body, "more_body": False}],
        )

    assert status == refusal
