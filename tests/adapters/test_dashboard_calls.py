"""What a button of the dashboard says that it did: a call that does the same when it is asked again."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.asking import Json, Krea
from tests.dashboard import notice, show

ZED = "/w/zed/__mockkrea"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def zed(krea: Krea) -> Krea:
    """A mock that has the worlds zed and ann besides the default one."""
    for name in ("zed", "ann"):
        krea.control("worlds", {"name": name})
    return krea


def press_in_zed(krea: Krea, call: str, *, accept: str = "application/json", **fields: str) -> httpx.Response:
    named = {name.replace("__", ":"): text for name, text in fields.items()}
    data = {"call": call, "back": f"{ZED}/ui/worlds", **named}
    return krea.ask("POST", f"{ZED}/ui/act", key=None, data=data, headers={"Accept": accept})


def ask_again(krea: Krea, line: str) -> httpx.Response:
    """Ask what the dashboard says that it asked: `POST /w/zed/__mockkrea/clock {"action":"freeze"}`."""
    method, path, *body = line.split(" ", 2)
    return krea.ask(method, path, key=None, content="".join(body), headers=JSON)


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        ("POST /clock", {"action": "advance", "seconds__number": "60"}),
        ("POST /scenario", {"text__raw": "refund-on-failure"}),
        ("POST /faults", {"then__json": '{"status": 503}'}),
        ("DELETE /faults", {}),
        ("POST /reset", {}),
        ("POST /oauth/issue", {}),
        ("POST /oauth/expire", {}),
        ("DELETE /requests", {}),
    ],
)
def test_the_call_that_is_told_does_the_same_in_the_same_world(
    zed: Krea, call: str, fields: dict[str, str]
) -> None:
    with zed.unchanged():
        told = press_in_zed(zed, call, **fields).json()
        again = ask_again(zed, told["call"])

    assert told["status"] == 200, told
    assert urlsplit(told["call"].split()[1]).path.startswith(f"{ZED}/")
    assert again.status_code == 200, again.text


def test_the_call_that_dropped_a_world_drops_it_when_it_is_asked_again(zed: Krea) -> None:
    told = press_in_zed(zed, "DELETE /worlds").json()
    assert told["call"] == f"DELETE {ZED}/worlds"
    zed.control("worlds", {"name": "zed"})

    assert ask_again(zed, told["call"]).status_code == 200
    assert [each["name"] for each in zed.control("worlds")["items"]] == ["default", "ann"]


def test_a_refusal_names_the_call_in_its_world_and_is_refused_again(zed: Krea) -> None:
    told = press_in_zed(zed, "POST /clock", action="advance", seconds__number="-1").json()

    assert told["call"] == f'POST {ZED}/clock {{"action":"advance","seconds":-1}}'
    assert ask_again(zed, told["call"]).json()["detail"] == told["detail"]


@pytest.mark.parametrize(("call", "page"), [("POST /clock", ZED), ("DELETE /worlds", "/__mockkrea")])
def test_the_page_behind_a_button_without_scripts_names_the_world(zed: Krea, call: str, page: str) -> None:
    data: Json = {"call": call, "back": f"{page}/ui/worlds"} | (
        {"action": "freeze"} if "clock" in call else {}
    )
    answer = zed.ask("POST", f"{ZED}/ui/act", key=None, data=data)
    location = answer.headers["location"]
    method, _, path = call.partition(" ")

    assert parse_qs(urlsplit(location).query)["done"] == [f"{method} {ZED}{path}"]
    assert notice(zed.ask("GET", location, key=None).text) == (True, f"Done {method} {ZED}{path}")


FAULT = {"when__json": '{"path": 1}', "then__json": '{"status": 503}', "times__number": "2"}


@pytest.mark.parametrize(
    ("call", "fields", "complaints"),
    [
        ("POST /faults", FAULT, {"when:json": ": path must be a glob"}),
        (
            "POST /faults",
            FAULT | {"times__number": "0"},
            {"when:json": ": path must be a glob", "times:number": ": times must be a whole number from 1;"},
        ),
        (
            "POST /faults",
            {"when__json": "{", "then__json": "}", "times__number": "often"},
            {
                "when:json": " must be JSON, not '{'.",
                "then:json": " must be JSON, not '}'.",
                "times:number": " must be a number, not 'often'.",
            },
        ),
        (
            "POST /faults",
            {"when__json": '{"path": 1}', "then__json": '{"stauts": 503}'},
            {"when:json": ": path must be a glob", "then:json": ': unknown key "stauts"'},
        ),
        (
            "POST /clock",
            {"action": "advance", "seconds__number": "-5"},
            {"seconds:number": " must be at least 0, not -5."},
        ),
        (
            "POST /clock",
            {"action": "run_until", "until": "soon"},
            {"until": " must be a time such as 2026-11-22T10:00:00Z"},
        ),
        ("POST /scenario", {"text__raw": "jobs: 3"}, {"text:raw": ": scenario:1:7: jobs must be a list"}),
        ("POST /worlds", {"name": "zed"}, {}),
    ],
)
def test_a_refusal_says_which_field_is_wrong_and_how(
    zed: Krea, call: str, fields: dict[str, str], complaints: dict[str, str]
) -> None:
    said = {each["field"]: each["detail"] for each in press_in_zed(zed, call, **fields).json()["fields"]}

    assert said.keys() == complaints.keys()
    assert all(said[field].startswith(detail) for field, detail in complaints.items()), said


def test_without_scripts_a_refused_form_comes_back_with_what_was_written(zed: Krea) -> None:
    data = {
        "call": "POST /faults",
        "back": f"{ZED}/ui/faults",
        "when:json": "{",
        "then:json": '{"status": 503}',
    }

    refused = zed.ask("POST", f"{ZED}/ui/act", key=None, data=data)
    form = re.findall(r'<form class="act fields card".*?</form>', refused.text, re.S)[0]
    again = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    again |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n([^<]*)</textarea>', form))

    assert refused.status_code == 422
    assert {name: unescape(text) for name, text in again.items()} == data
    assert 'aria-invalid="true" aria-describedby="wrong-when:json"' in form
    assert 'id="wrong-when:json" aria-hidden="true">When must be JSON, not \'{\'.' in unescape(form)
    assert f'<a href="{ZED}/ui/faults">Back to Faults</a>' in refused.text
    assert f'<a href="{ZED}/ui/faults" aria-current="page">Faults</a>' in refused.text
    mended = zed.ask("POST", f"{ZED}/ui/act", key=None, data=data | {"when:json": "{}"})
    assert mended.headers["location"].startswith(f"{ZED}/ui/faults?done=")


@pytest.mark.parametrize(
    ("page", "title"), [(f"{ZED}/ui", "Jobs · zed"), (f"{ZED}/docs", "Control API · zed"), ("ui", "Jobs")]
)
def test_the_title_of_a_tab_names_its_world(zed: Krea, page: str, title: str) -> None:
    path = page if page.startswith("/") else f"/__mockkrea/{page}"

    assert f"<title>{title} · mockkrea</title>" in zed.ask("GET", path, key=None).text


def test_sessions_and_uploads_are_told_apart_by_their_ids(krea: Krea) -> None:
    krea.control("oauth/issue", {})
    krea.control("oauth/issue", {})
    picture = krea.get(f"/files/images/{finished(krea)}.png").content
    assets = [krea.upload(picture)["id"] for _ in range(2)]

    shown = re.findall(r'class="mono quiet">([^<]+)<', show(krea, "/sessions").text)
    assert len({*shown}) == 2
    assert re.findall(r'class="mono quiet">([^<]+)<', show(krea, "/uploads").text) == [
        id[:8] for id in assets[::-1]
    ]


def finished(krea: Krea) -> str:
    """A job that has a picture."""
    job_id = krea.submit()
    krea.clock("run_until", until=job_id)
    return job_id


@pytest.mark.parametrize("call", ["POST /oauth/expire", "POST /oauth/revoke"])
def test_no_session_ends_at_the_first_press(krea: Krea, call: str) -> None:
    krea.control("oauth/issue", {})
    text = show(krea, "/sessions").text

    asked_twice = re.findall(r'<details class="danger">.*?</details>', text, re.S)
    buttons = [each for each in asked_twice if f'value="{call}"' in each]
    assert len(buttons) == (2 if call.endswith("revoke") else 1)
    assert all('<span class="keep">Keep</span>' in each for each in buttons)
