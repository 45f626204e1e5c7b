"""Looking at the dashboard of a mock in this process, and pressing its buttons."""

from __future__ import annotations

import re
from html import unescape

import httpx

from tests.asking import Json, Krea


def show(krea: Krea, path: str = "", **rest: Json) -> httpx.Response:
    """A page of the dashboard that is there."""
    answer = krea.ask_control(f"ui{path}", **rest)
    assert answer.status_code == 200, answer.text
    return answer


def press(krea: Krea, call: str, *, accept: str = "application/json", **fields: str) -> httpx.Response:
    """Press a button: `then__json` stands for the field `then:json`."""
    named = {name.replace("__", ":"): text for name, text in fields.items()}
    headers = {"Accept": accept}
    return krea.ask("POST", "/__mockkrea/ui/act", key=None, data={"call": call, **named}, headers=headers)


def notice(page: str) -> tuple[bool, str]:
    """Whether the line beside the clock is shown, and what it says."""
    [(attributes, said)] = re.findall(r'<p id="notice"([^>]*)>(.*?)</p>', page)
    return "hidden" not in attributes, unescape(re.sub("<[^>]+>", "", said))
