"""Paths that are not there, methods that they do not take, and ids that no job ever had."""

from __future__ import annotations

import pytest

from tests.asking import FLUX, KREA_2, URL, Krea, lasting_headers
from tests.contract.requirements import requirement

NO_JOB = "Job not found or unauthorized"

JSON_FIRST = ["application/json", "application/json, text/html", "application/problem+json;q=0.9, */*"]
HTML_FIRST = ["*/*", "text/html, application/json", "text/html,application/xhtml+xml,*/*;q=0.8", ""]


@pytest.mark.parametrize("accept", JSON_FIRST)
def test_an_unknown_path_is_json_for_who_asks_for_json_first(krea: Krea, accept: str) -> None:
    answer = krea.get("/v1/models", headers={"Accept": accept})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "message": "Krea has no path /v1/models.",
        "error": "Krea has no path /v1/models.",
    }


@requirement("error:404:html")
@pytest.mark.parametrize("accept", HTML_FIRST)
def test_an_unknown_path_is_an_html_page_for_everybody_else(krea: Krea, accept: str) -> None:
    answer = krea.get("/v1/models", headers={"Accept": accept})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Krea has no path /v1/models." in answer.text
    assert "<a " not in answer.text


@pytest.mark.parametrize("world", ["", "/w/alice"])
def test_the_root_leads_to_the_dashboard_of_its_world(krea: Krea, world: str) -> None:
    ui = f"{URL}{world}/__mockkrea/ui"

    page = krea.get(f"{world}/")
    told = krea.get(f"{world}/", headers={"Accept": "application/json"})

    assert (page.status_code, told.status_code) == (404, 404)
    assert f'<a href="{ui}">' in page.text
    assert told.json()["message"] == f"Krea has no path /. See {ui}."


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_an_unknown_model_is_told_the_nearest_one_in_either_form(krea: Krea, accept: str) -> None:
    with krea.unchanged():
        answer = krea.generate("image/krea/krea-2/mediun", {}, headers={"Accept": accept})

    assert answer.status_code == 404
    assert f"There is no model image/krea/krea-2/mediun. Did you mean {KREA_2}?" in answer.text
    assert ("json" in answer.headers["content-type"]) is (accept == "application/json")


def test_what_a_path_says_cannot_become_markup_of_the_page(krea: Krea) -> None:
    for path in ("/<script>alert(1)</script>", "/generate/<b>x"):
        answer = krea.ask("POST", path)

        assert answer.status_code == 404
        assert "<script>alert" not in answer.text
        assert "<b>" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "/v1/jobs",
            "/me",
            "/balance",
            "/keys",
            "/models",
            "/jobsx",
            "/jobs/",
            "/generate",
            "/generate/",
        ),
        *("/jobs/a/b", "//jobs", "/JOBS", "/files", "/health/", "/__mockkreax"),
    ],
)
def test_paths_that_krea_does_not_have_are_not_there(krea: Krea, path: str) -> None:
    assert krea.get(path).status_code == 404


@requirement("error:405")
@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", f"/generate/{FLUX}", "POST"),
        ("HEAD", f"/generate/{FLUX}", "POST"),
        ("PUT", f"/generate/{FLUX}", "POST"),
        ("POST", "/jobs", "GET, HEAD"),
        ("DELETE", "/jobs", "GET, HEAD"),
        ("PATCH", "/jobs/x", "DELETE, GET, HEAD"),
        ("OPTIONS", "/jobs", "GET, HEAD"),
        ("POST", "/files/images/x.png", "GET, HEAD"),
        ("POST", "/health", "GET, HEAD"),
        ("BREW", "/jobs", "GET, HEAD"),
    ],
)
def test_a_method_that_a_path_does_not_take_is_told_those_it_takes(
    krea: Krea, method: str, path: str, allow: str
) -> None:
    with krea.unchanged():
        answer = krea.ask(method, path)

    assert answer.status_code == 405
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize(
    "job_id",
    [
        *("x", "%00", "%F0%9F%A6%8A", "%FF", "..", "%2e%2e", "a%20b", "%22%27%3B--", "x" * 60_000),
        *("00000000-0000-4000-8000-000000000000", "{id}", "null", "undefined", "-1"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_id_that_no_job_has_is_not_found_whatever_is_in_it(krea: Krea, method: str, job_id: str) -> None:
    scope = {
        "method": method,
        "path": f"/jobs/{job_id}",
        "headers": [(b"authorization", b"Bearer mockkrea:dev")],
    }

    with krea.unchanged():
        status, body = krea.raw(scope, [])

    assert status == 404
    assert NO_JOB.encode() in body
    assert len(body) < 500


@pytest.mark.parametrize("job_id", ["\x00", "🦊", "\ufffd", "a b", "a\nb"])
def test_an_id_that_was_escaped_in_the_path_is_not_found_either(krea: Krea, job_id: str) -> None:
    status, body = krea.raw(
        {
            "method": "GET",
            "path": f"/jobs/{job_id}",
            "headers": [(b"authorization", b"Bearer mockkrea:dev")],
        },
        [],
    )

    assert status == 404
    assert NO_JOB.encode() in body


def test_an_id_with_an_escaped_slash_in_it_is_not_found(krea: Krea) -> None:
    assert krea.get("/jobs/a%2Fb").status_code == 404


def test_an_id_is_told_exactly_and_not_by_its_beginning_or_case(krea: Krea) -> None:
    job_id = krea.submit()

    assert krea.get(f"/jobs/{job_id[:-1]}").status_code == 404
    assert krea.get(f"/jobs/{job_id.upper()}").status_code == 404


def test_head_gives_the_headers_of_get_and_no_body(krea: Krea) -> None:
    job_id = krea.submit()

    for path in (f"/jobs/{job_id}", "/jobs", "/health", "/nowhere", "/jobs/x"):
        get, head = krea.get(path), krea.ask("HEAD", path)

        assert head.status_code == get.status_code
        assert lasting_headers(head) == lasting_headers(get)
        assert head.content == b""


def test_health_answers_without_a_key_and_says_which_mock_it_is(krea: Krea) -> None:
    body = krea.get("/health", key=None).json()

    assert (body["status"], body["world"], body["seed"]) == ("ok", "default", 0)
    assert body["models"] == len(krea.tenant.catalogue.models)


def test_a_websocket_is_closed_politely(krea: Krea) -> None:
    status_or_close: list[object] = []

    async def send(message: object) -> None:
        status_or_close.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    krea.run(krea.app({"type": "websocket", "path": "/"}, receive, send))

    assert status_or_close == [{"type": "websocket.close", "code": 1008}]


def test_whoever_opens_a_misspelt_model_in_a_browser_is_told_the_nearest(krea: Krea) -> None:
    assert "Did you mean image/krea/krea-2/medium?" in krea.get("/generate/image/krea/krea-2/mediun").text
    assert krea.get("/generate/image/krea/krea-2/medium").status_code == 405


def test_a_model_of_another_category_is_never_called_the_nearest(krea: Krea) -> None:
    text = krea.get("/generate/enhance/google/nano-banana-pro").text

    assert "image/google" not in text


def test_head_of_a_control_route_is_that_of_its_get_without_the_body(krea: Krea) -> None:
    answer = krea.ask("HEAD", "/__mockkrea/health")

    assert answer.status_code == 200
    assert answer.content == b""
