"""Pictures that are given to styles and moodboards: judged like the media of a generation, but no bytes."""

from __future__ import annotations

import json

import pytest

from mockkrea.settings import Settings
from tests.adapters.test_styles import train
from tests.asking import FLUX, URL, Json, Krea, MakeKrea, data_uri
from tests.contract.requirements import requirement
from tests.mcp.speaking import Speaker
from tests.media.samples import mp4, png

LIN = "mockkrea:lin"

# Where a picture can be given, and what a refusal calls that place.
PLACES = {"style": "/urls/0", "cover": "/cover_url", "moodboard": "/images/0"}

every_place = pytest.mark.parametrize("place", PLACES)


@pytest.fixture
def krea(make_krea: MakeKrea) -> Krea:
    """A mock with all tools: moodboards are made by one."""
    return make_krea(Settings().having({"tools": "all"}))


def put(krea: Krea, place: str, uri: str) -> Json:
    """What comes of giving a picture to a style or a moodboard: the picture, or the whole refusal."""
    if place == "moodboard":
        result = Speaker(krea).result("create_moodboard", images=[uri])
        if result.get("isError"):
            return json.loads(result["content"][0]["text"])["response"]
        return result["structuredContent"]["images"][0]
    field = "urls" if place == "style" else "cover_url"
    changes = {field: [uri] if place == "style" else uri}
    answer = krea.ask("PATCH", f"/styles/{train(krea)}", json=changes)
    shown = answer.json()[field] if answer.status_code == 200 else answer.json()
    return shown[0] if isinstance(shown, list) else shown


def reason(krea: Krea, place: str, uri: str) -> str:
    """Why a picture was refused, after the name of its place."""
    [issue] = put(krea, place, uri)["issues"]
    assert issue["path"] == PLACES[place]
    return str(issue["message"]).removeprefix(f"{PLACES[place]} ")


@every_place
def test_an_asset_a_result_and_a_url_of_another_server_are_taken(krea: Krea, place: str) -> None:
    job_id = krea.submit()
    krea.clock("run_until", until=job_id)
    [result] = krea.job(job_id)["result"]["urls"]

    for url in (krea.upload(png(64, 48))["image_url"], result, "https://example.com/a.png"):
        assert put(krea, place, url) == url
    assert b"127.0.0.1" not in krea.state()


@every_place
@requirement("media:own-assets")
def test_what_is_nobodys_or_somebody_elses_is_refused(krea: Krea, place: str) -> None:
    theirs = krea.upload(png(64, 48), key=LIN)["image_url"]
    elsewhere = krea.upload(png(64, 48), key="mk_bob:x")["image_url"]

    for url in (theirs, elsewhere, f"{URL}/files/uploads/none.png", f"{URL}/jobs"):
        assert "which is neither an asset of this workspace nor" in reason(krea, place, url)


@every_place
def test_what_is_no_url_of_a_picture_is_refused(krea: Krea, place: str) -> None:
    film = krea.upload(mp4())["image_url"]

    assert "several URLs separated by commas" in reason(krea, place, "https://a.test/a,https://a.test/b")
    assert reason(krea, place, film) == "takes images (JPEG, PNG, WebP, HEIC), not video/mp4."
    assert "its host or its port is not valid" in reason(krea, place, "http://a:0/x.png")


@every_place
@pytest.mark.parametrize("uri", [data_uri(png(64, 48)), "data:text/plain;base64,aGVsbG8="])
def test_a_data_uri_is_refused_because_only_jobs_keep_bytes(krea: Krea, place: str, uri: str) -> None:
    assert reason(krea, place, uri) == (
        "is a data URI, and only jobs keep bytes; upload the file and send the URL that you are given."
    )


@pytest.mark.parametrize("place", [*PLACES, "generation"])
@pytest.mark.parametrize("host", ["example.com", URL.removeprefix("http://")])
def test_a_url_with_a_user_or_a_password_is_refused(krea: Krea, place: str, host: str) -> None:
    uri = f"http://ada:secret@{host}/a.png"

    if place == "generation":
        [issue] = krea.generate(FLUX, {"prompt": "x", "image_url": uri}).json()["issues"]
        said = str(issue["message"]).removeprefix("/image_url ")
    else:
        said = reason(krea, place, uri)

    assert said == "must not hold a user or a password; send a URL without them."
