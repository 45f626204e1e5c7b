"""What a button of the dashboard says that it did: a call that does the same when it is asked again."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.asking import Json, Krea
from tests.dashboard import notice

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
