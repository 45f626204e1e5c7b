"""Presigned URLs: an upload without a key, for the workspace and the time that were signed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from mockkrea import uploads
from mockkrea.calls import Caller
from mockkrea.core.clock import SECOND_US, moment_of
from mockkrea.core.money import Unit
from tests.asking import ADA, LIN, URL, Headers, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.media.samples import png
from tests.real_time import BEGINNING

THREE_HOURS_S = 3 * 3600


def a_url(krea: Krea, workspace_id: str = ADA) -> str:
    return uploads.upload_url(krea.tenant, Caller("ada", workspace_id, Unit.USD), URL).url


def send(krea: Krea, url: str, content: bytes = b"", headers: Headers | None = None) -> httpx.Response:
    """POST a file there as the MCP page's curl does."""
    return krea.ask("POST", url, key=None, files={"file": ("fox.png", content or png())}, headers=headers)


def changed(url: str, **values: str | None) -> str:
    """The URL with other values of some parameters; None takes one away."""
    parts = urlsplit(url)
    query = {name: value for name, [value] in parse_qs(parts.query).items()} | values
    return parts._replace(query=urlencode({k: v for k, v in query.items() if v is not None})).geturl()


@requirement("presigned:post")
@requirement("presigned:answer")
def test_a_file_sent_to_a_presigned_url_becomes_an_asset_of_its_workspace(krea: Krea) -> None:
    answer = send(krea, a_url(krea))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    [asset] = krea.get("/assets").json()["items"]
    assert answer.text == asset["image_url"]
    assert krea.get(answer.text, key=None).content == png()
    assert krea.get("/assets", key="mockkrea:lin").json()["items"] == []


def test_a_presigned_url_takes_the_one_field_that_krea_names(krea: Krea) -> None:
    files, more = {"file": ("fox.png", png())}, {"description": "a fox"}

    with krea.unchanged():
        answer = krea.ask("POST", a_url(krea), key=None, files=files, data=more)

    assert answer.status_code == 400
    assert answer.json()["error"] == "The form has no field 'description', its fields: file."


def test_whoever_asks_for_json_is_answered_in_json(krea: Krea) -> None:
    answer = send(krea, a_url(krea), headers={"Accept": "application/json, text/plain, */*"})

    [asset] = krea.get("/assets").json()["items"]
    assert answer.json() == {"image_url": asset["image_url"]}


@requirement("presigned:paths")
@pytest.mark.parametrize("path", ["/assets/presigned", "/public-api/assets/presigned/abc"])
def test_both_known_paths_take_what_was_signed(krea: Krea, path: str) -> None:
    url = a_url(krea)
    assert urlsplit(url).path.startswith("/public-api/assets/presigned/")

    assert send(krea, urlsplit(url)._replace(path=path).geturl()).status_code == 200


def test_a_url_names_workspace_person_end_and_signature_on_the_clients_own_host(krea: Krea) -> None:
    made = uploads.upload_url(krea.tenant, Caller("lin", LIN, Unit.USD), "https://mock.test/w/a")

    query = parse_qs(urlsplit(made.url).query)
    assert made.url.startswith("https://mock.test/w/a/public-api/assets/presigned/")
    assert (query["workspaceId"], query["userId"]) == ([LIN], ["lin"])
    assert query["exp"] == [str(made.expires_at_us // SECOND_US)]
    assert made.expires_at_us == moment_of(BEGINNING) + THREE_HOURS_S * SECOND_US


def test_making_a_url_changes_nothing_and_the_same_seed_makes_the_same(make_krea: MakeKrea) -> None:
    first, again, other = (make_krea(seed=seed) for seed in (1, 1, 2))

    with first.unchanged():
        assert a_url(first) == a_url(again) != a_url(other)


@requirement("presigned:life")
def test_a_url_ends_after_three_hours_of_the_worlds_own_clock(krea: Krea) -> None:
    url = a_url(krea)
    krea.clock("freeze")

    krea.clock("advance", seconds=THREE_HOURS_S - 1)
    assert send(krea, url).status_code == 200

    krea.clock("advance", seconds=1)
    with krea.unchanged():
        answer = send(krea, url)
    assert answer.status_code == 403
    assert "expired at 2026-11-22T13:00:00.000Z" in answer.json()["message"]


@requirement("presigned:again")
def test_a_url_can_be_used_again_and_gives_another_asset(krea: Krea) -> None:
    url = a_url(krea)

    assert send(krea, url).text != send(krea, url).text
    assert len(krea.get("/assets").json()["items"]) == 2


@requirement("presigned:403")
@pytest.mark.parametrize(
    "values",
    [
        {"workspaceId": LIN},
        {"userId": "lin"},
        {"exp": "9999999999"},
        {"exp": "never"},
        {"exp": None},
        {"sig": None},
        {"sig": ""},
        {"sig": "0" * 64},
        {"sig": "é"},
        {"workspaceId": None, "userId": None, "sig": None, "exp": None},
    ],
)
def test_a_url_that_was_changed_takes_nothing(krea: Krea, values: dict[str, str | None]) -> None:
    with krea.unchanged():
        answer = send(krea, changed(a_url(krea), **values))

    assert answer.status_code == 403
    assert "get_upload_url" in answer.json()["message"]


def test_parts_of_a_signed_text_cannot_be_moved_from_one_name_to_the_next(krea: Krea) -> None:
    for between in ("\n", "&userId=", ""):
        caller = Caller(f"a{between}b", ADA, Unit.USD)
        url = uploads.upload_url(krea.tenant, caller, URL).url
        moved = changed(url, workspaceId=f"{ADA}{between}a", userId="b")

        assert send(krea, moved).status_code == 403


def test_a_url_of_another_world_takes_nothing(make_krea: MakeKrea) -> None:
    assert send(make_krea(seed=1), a_url(make_krea(seed=2))).status_code == 403


def test_the_signature_is_checked_before_the_form_and_the_form_as_in_any_upload(krea: Krea) -> None:
    with krea.unchanged():
        assert krea.raw({"path": "/assets/presigned"}, [])[0] == 403
        assert send(krea, a_url(krea), b"no picture").status_code == 400
        assert krea.ask("POST", a_url(krea), key=None, json={}).status_code == 400
        assert krea.get(a_url(krea)).status_code == 405
