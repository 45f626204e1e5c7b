"""Where a server says it is: its hosts, what URLs in answers begin with, who may control it, and CORS."""

from __future__ import annotations

import pytest

from mockkrea.adapters.door import Door, read_host_name, read_origin, read_public_url, read_token
from tests.asking import FLUX, IMMEDIATE, KEY, Krea, MakeKrea

TOKEN = "s3cret"
PAGE = "http://localhost:3000"

AWAY = Door(beyond_loopback=True, admin_token=TOKEN)


def result_url(krea: Krea, base: str = "", **headers: str) -> str:
    """The URL of a new job's result, as a client with these headers is told it."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = krea.ask("POST", f"{base}/generate/{FLUX}", json={"prompt": "a fox"}, headers=sent)
    assert answer.status_code == 200, answer.text
    job = krea.get(f"{base}/jobs/{answer.json()['job_id']}", headers=sent).json()
    return str(job["result"]["urls"][0])


def place(url: str) -> str:
    """What stands before the path of a file."""
    return url.partition("/files/")[0]


@pytest.mark.parametrize("host", ["mock.test", "MOCK.test:5732", "10.0.0.7:80", "[fd00::7]:1", "my_box"])
def test_hosts_that_were_allowed_are_answered_and_urls_have_them(make_krea: MakeKrea, host: str) -> None:
    allowed = frozenset(map(read_host_name, ("Mock.test", "10.0.0.7", "fd00::7", "my_box")))
    krea = make_krea(IMMEDIATE, door=Door(allowed_hosts=allowed))

    assert place(result_url(krea, Host=host)) == f"http://{host}"
    assert krea.get("/__mockkrea/clock", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["mock.test.evil.example", "xmock.test", "mock.tes", "mock.test.", "u@mock.test", "mock.test:0"]
)
def test_what_only_looks_like_an_allowed_host_is_refused(make_krea: MakeKrea, host: str) -> None:
    krea = make_krea(door=Door(allowed_hosts=frozenset({"mock.test"})))

    assert krea.get("/jobs", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:99999", "localhost:0", "127.0.0.1:http", "[::1]:65536"])
def test_a_host_with_a_wrong_port_is_told_what_a_port_is(krea: Krea, host: str) -> None:
    answer = krea.get("/jobs", headers={"Host": host})

    assert answer.status_code == 421
    assert "a port from 1 to 65535" in answer.json()["message"]


@pytest.mark.parametrize("host", ["mockkrea", "mock_krea:5732", "evil.example", "192.168.0.7:1", "[fd00::7]"])
def test_beyond_loopback_any_host_is_taken(make_krea: MakeKrea, host: str) -> None:
    krea = make_krea(IMMEDIATE, door=AWAY)

    assert place(result_url(krea, Host=host)) == f"http://{host}"


@pytest.mark.parametrize("host", ["", "user@box", "box/evil", "box:port", "box evil", "box#", "[::1"])
def test_beyond_loopback_what_is_no_host_is_refused_all_the_same(make_krea: MakeKrea, host: str) -> None:
    krea = make_krea(door=AWAY)
    scope = {"method": "GET", "path": "/health", "headers": [(b"host", host.encode())]}

    assert krea.raw(scope, [])[0] == 421


@pytest.mark.parametrize("second", [b"localhost", b"evil.example"])
def test_two_hosts_are_refused_whatever_they_are(krea: Krea, second: bytes) -> None:
    scope = {"method": "GET", "path": "/health", "headers": [(b"host", b"localhost"), (b"host", second)]}

    status, body = krea.raw(scope, [])

    assert status == 421
    assert b"more than one Host" in body


def test_other_headers_may_stand_twice(krea: Krea) -> None:
    scope = {"method": "GET", "path": "/health", "headers": [(b"accept", b"a/b"), (b"accept", b"c/d")]}

    assert krea.raw(scope, [])[0] == 200


PUBLIC = "https://mock.test/krea"


@pytest.mark.parametrize("host", ["mock.test", "mock.test:443", "MOCK.TEST"])
def test_a_request_for_the_public_host_is_given_the_public_url(make_krea: MakeKrea, host: str) -> None:
    krea = make_krea(IMMEDIATE, door=Door(public_url=PUBLIC))

    assert place(result_url(krea, Host=host)) == PUBLIC
    assert place(result_url(krea, "/w/bob", Host=host)) == f"{PUBLIC}/w/bob"
    assert (
        krea.get("/__mockkrea/worlds", headers={"Host": host}).json()["items"][1]["url"] == f"{PUBLIC}/w/bob"
    )


@pytest.mark.parametrize("host", ["localhost:5732", "127.0.0.1", "mock.test:5732"])
def test_a_request_that_came_for_another_place_is_told_its_own(make_krea: MakeKrea, host: str) -> None:
    krea = make_krea(IMMEDIATE, door=Door(public_url=PUBLIC))

    assert place(result_url(krea, Host=host)) == f"http://{host}"


def test_of_a_public_loopback_url_the_port_tells_who_came_through_the_proxy(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE, door=Door(public_url="https://localhost:8443"))

    assert place(result_url(krea, Host="localhost:8443")) == "https://localhost:8443"
    assert place(result_url(krea, Host="localhost:5732")) == "http://localhost:5732"


FORWARDED = {
    "X_Forwarded_Host": "mock.test, inner",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Prefix": "/krea/",
}


def test_what_a_trusted_proxy_forwards_is_what_urls_begin_with(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE, door=Door(trust_proxy=True))

    assert place(result_url(krea, **FORWARDED)) == "https://mock.test/krea"
    assert place(result_url(krea, "/w/bob", **FORWARDED)) == "https://mock.test/krea/w/bob"
    assert place(result_url(krea, X_Forwarded_Proto="https")) == "https://127.0.0.1:5732"
    assert place(result_url(krea)) == "http://127.0.0.1:5732"


def test_without_trust_forwarded_headers_change_nothing(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)

    assert place(result_url(krea, **FORWARDED)) == "http://127.0.0.1:5732"


def test_a_trusted_proxy_does_not_make_a_foreign_host_ours(make_krea: MakeKrea) -> None:
    """A page that rebound its name sends its own Host and may add whatever else it likes."""
    krea = make_krea(door=Door(trust_proxy=True))

    answer = krea.get("/jobs", headers={"Host": "evil.example", "X-Forwarded-Host": "localhost"})

    assert answer.status_code == 421


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("Host", "evil/path"),
            ("Host", "user@box"),
            ("Host", "a b"),
            ("Proto", "javascript"),
            ("Proto", "wss"),
        ),
        *(("Prefix", "krea"), ("Prefix", "//evil.example"), ("Prefix", "/a?b"), ("Prefix", "/a b")),
    ],
)
def test_a_forwarded_value_that_no_url_could_have_is_refused(
    make_krea: MakeKrea, name: str, value: str
) -> None:
    krea = make_krea(door=Door(trust_proxy=True))

    answer = krea.get("/jobs", headers={f"X-Forwarded-{name}": value})

    assert answer.status_code == 421
    assert f"X-Forwarded-{name}" in answer.json()["message"]


def test_pages_of_the_public_place_may_control_and_others_may_not(make_krea: MakeKrea) -> None:
    krea = make_krea(door=Door(public_url=PUBLIC))

    def status(origin: str) -> int:
        headers = {"Host": "mock.test", "Origin": origin}
        return krea.ask_control("clock", {"action": "freeze"}, headers=headers).status_code

    assert status("https://mock.test") == 200
    assert (status("http://mock.test"), status("https://evil.example"), status("null")) == (403, 403, 403)


@pytest.mark.parametrize("base", ["", "/w/bob"])
@pytest.mark.parametrize("key", [None, KEY, "wrong", "mk_bob:x", TOKEN[:-1], TOKEN.upper()])
@pytest.mark.parametrize(("method", "path"), [("GET", "health"), ("POST", "reset"), ("GET", "openapi.json")])
def test_beyond_loopback_control_calls_need_the_admin_token(
    make_krea: MakeKrea, method: str, path: str, key: str | None, base: str
) -> None:
    krea = make_krea(door=AWAY)

    answer = krea.ask(method, f"{base}/__mockkrea/{path}", key=key)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "--admin-token" in answer.json()["detail"]


def test_with_the_admin_token_any_world_can_be_controlled(make_krea: MakeKrea) -> None:
    krea = make_krea(door=AWAY)

    made = krea.ask("POST", "/__mockkrea/worlds", key=TOKEN, json={"name": "bob"})

    assert made.status_code == 200
    for base in ("", "/w/bob"):
        assert krea.ask("POST", f"{base}/__mockkrea/reset", key=TOKEN).status_code == 200
    assert krea.get("/jobs", key=TOKEN).status_code == 401


def test_an_admin_token_that_was_chosen_is_asked_for_on_loopback_too(make_krea: MakeKrea) -> None:
    krea = make_krea(door=Door(admin_token=TOKEN))

    assert krea.ask_control("health").status_code == 401
    assert krea.ask("GET", "/__mockkrea/health", key=TOKEN).status_code == 200


def test_the_admin_token_does_not_let_a_foreign_page_in(make_krea: MakeKrea) -> None:
    krea = make_krea(door=AWAY)

    headers = {"Origin": "https://evil.example"}
    answer = krea.ask("POST", "/__mockkrea/reset", key=TOKEN, headers=headers)

    assert answer.status_code == 403


def test_a_form_that_a_foreign_page_posts_changes_nothing(krea: Krea) -> None:
    """What a page can send without asking first: a form, with the Origin the browser puts on it."""
    krea.submit()
    for origin in ("https://evil.example", "null", "http://localhost:3000"):
        for content in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
            headers = {"Origin": origin, "Content-Type": content, "Sec-Fetch-Mode": "no-cors"}
            with krea.unchanged():
                answer = krea.ask("POST", "/__mockkrea/reset", key=None, content=b"a=b", headers=headers)

            assert answer.status_code == 403


def cors_headers(headers: object) -> dict[str, str]:
    """The headers that speak of other origins."""
    assert hasattr(headers, "items")
    return {name: value for name, value in headers.items() if name.startswith("access-control-")}


PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.mark.parametrize("base", ["", "/w/bob"])
@pytest.mark.parametrize("path", ["/jobs", f"/generate/{FLUX}", "/__mockkrea/clock", "/files/images/x.png"])
def test_a_browser_that_asks_for_a_page_of_a_named_origin_is_given_leave(
    make_krea: MakeKrea, path: str, base: str
) -> None:
    krea = make_krea(door=Door(cors=frozenset({PAGE}), admin_token=TOKEN))

    answer = krea.ask("OPTIONS", base + path, key=None, headers={"Origin": PAGE, **PREFLIGHT})

    assert answer.status_code == 200
    allowed = cors_headers(answer.headers)
    assert allowed["access-control-allow-origin"] == PAGE
    assert "POST" in allowed["access-control-allow-methods"]
    assert allowed["access-control-allow-headers"] == "Authorization, *"
    assert "access-control-allow-credentials" not in allowed
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", ["null", "http://localhost:3001", "https://localhost:3000", PAGE + ".evil", ""]
)
def test_a_page_of_any_other_origin_is_given_no_leave(make_krea: MakeKrea, origin: str) -> None:
    krea = make_krea(door=Door(cors=frozenset({PAGE})))

    for path in ("/jobs", "/__mockkrea/clock"):
        answer = krea.ask("OPTIONS", path, headers={"Origin": origin, **PREFLIGHT})

        assert answer.status_code == 405
        assert cors_headers(answer.headers) == {}
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/jobs", 200),
        ("GET", "/jobs/x", 404),
        ("GET", "/__mockkrea/clock", 200),
        ("OPTIONS", "/jobs", 405),
    ],
)
def test_a_page_of_a_named_origin_reads_answers_and_refusals(
    make_krea: MakeKrea, method: str, path: str, status: int
) -> None:
    krea = make_krea(door=Door(cors=frozenset({PAGE})))

    answer = krea.ask(method, path, headers={"Origin": PAGE})

    assert answer.status_code == status
    assert cors_headers(answer.headers) == {
        "access-control-allow-origin": PAGE,
        "access-control-expose-headers": "*",
    }


def test_a_page_of_a_named_origin_may_control_the_mock(make_krea: MakeKrea) -> None:
    krea = make_krea(door=Door(cors=frozenset({PAGE})))

    for site in ("same-site", "cross-site"):
        headers = {"Origin": PAGE, "Sec-Fetch-Site": site}
        assert krea.ask_control("clock", {"action": "freeze"}, headers=headers).status_code == 200
    headers = {"Origin": "http://localhost:3001", "Sec-Fetch-Site": "same-site"}
    assert krea.ask_control("clock", {"action": "freeze"}, headers=headers).status_code == 403


def test_a_foreign_host_is_given_no_leave_either(make_krea: MakeKrea) -> None:
    krea = make_krea(door=Door(cors=frozenset({PAGE})))

    answer = krea.ask("OPTIONS", "/jobs", headers={"Origin": PAGE, "Host": "evil.example", **PREFLIGHT})

    assert answer.status_code == 421


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("http://LOCALHOST:3000/", "http://localhost:3000"),
        ("https://app.example:443", "https://app.example"),
        ("http://app.example:443", "http://app.example:443"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[::80]", "http://[::80]"),
        ("tauri://localhost", "tauri://localhost"),
    ],
)
def test_an_origin_is_read_as_browsers_write_it(text: str, read: str) -> None:
    assert read_origin(text) == read


@pytest.mark.parametrize(
    "text", ["*", "null", "localhost:3000", "http://", "http://*", "http://a/b", "http://a b", ""]
)
def test_what_is_no_single_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one origin such as"):
        read_origin(text)


@pytest.mark.parametrize(("text", "read"), [("Box", "box"), ("[::1]", "::1"), ("fd00::7", "fd00::7")])
def test_a_host_name_is_read_without_case_and_brackets(text: str, read: str) -> None:
    assert read_host_name(text) == read


@pytest.mark.parametrize("text", ["", "*", "*.example", "box:80", "[::1]:80", "http://box", "u@box", "a b"])
def test_what_is_no_host_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="without port"):
        read_host_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mock.test",
        "ftp://mock.test",
        "https://",
        "https://u@mock.test",
        "https://a?b",
        "https://a#b",
        "https://a/b c",
    ],
)
def test_what_is_no_public_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as https://mock\.example"):
        read_public_url(text)


@pytest.mark.parametrize("text", ["", "a b", "tökén", "mk_bob:x", "a\n"])
def test_an_admin_token_that_no_header_holds_or_that_names_a_world_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="visible ASCII"):
        read_token(text)
