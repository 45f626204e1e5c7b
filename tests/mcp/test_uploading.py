"""Files over MCP: a presigned URL, an asset by data URI, and a session that may not upload."""

from __future__ import annotations

import base64
import json

import pytest

from tests.asking import URL, Krea
from tests.contract.requirements import requirement
from tests.mcp.speaking import Speaker
from tests.media.samples import png
from tests.real_time import BEGINNING

ENHANCER = "enhance/topaz/standard-enhance"
THREE_HOURS_S = 3 * 3600


def data_uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


@requirement("mcp:upload-url")
def test_a_file_posted_to_the_upload_url_is_an_input_of_the_next_generation(speaker: Speaker) -> None:
    krea = speaker.krea
    upload_url = speaker.call("get_upload_url")["upload_url"]

    answer = krea.ask("POST", upload_url, key=None, files={"file": ("fox.png", png(300, 200))})
    job = speaker.call(
        "generate",
        model=ENHANCER,
        input={"width": 600, "height": 400, "image_url": answer.text, "model": "CGI"},
    )

    assert upload_url.startswith(f"{URL}/public-api/assets/presigned/")
    assert answer.status_code == 200
    assert answer.text.startswith(f"{URL}/files/")
    assert job["job"]["status"] == "queued"


@requirement("mcp:upload-url:text")
def test_the_text_of_an_upload_url_is_the_bare_url_and_the_content_says_until_when(speaker: Speaker) -> None:
    result = speaker.result("get_upload_url")

    content = result["structuredContent"]
    assert result["content"] == [{"type": "text", "text": content["upload_url"]}]
    assert content["expires_at"] == BEGINNING.replace("T10", "T13")


@requirement("mcp:upload-url")
def test_an_upload_url_is_refused_after_three_hours_of_the_worlds_clock(krea: Krea) -> None:
    upload_url = Speaker(krea).call("get_upload_url")["upload_url"]

    krea.clock("advance", seconds=THREE_HOURS_S - 1)
    in_time = krea.ask("POST", upload_url, key=None, files={"file": png()})
    krea.clock("advance", seconds=1)
    too_late = krea.ask("POST", upload_url, key=None, files={"file": png()})

    assert (in_time.status_code, too_late.status_code) == (200, 403)


@requirement("mcp:upload-asset")
def test_an_uploaded_asset_is_the_workspaces_own_as_through_rest(speaker: Speaker) -> None:
    content = png(300, 200)

    asset = speaker.call("upload_asset", file=data_uri(content), description="a fox")

    krea = speaker.krea
    assert asset == krea.get(f"/assets/{asset['id']}").json()
    assert (asset["width"], asset["height"], asset["description"]) == (300, 200, "a fox")
    assert krea.get(asset["image_url"], key=None).content == content


@pytest.mark.parametrize(
    ("file", "status", "word"),
    [
        ("", 422, "/file must be text of at least 1 character, not empty."),
        ("https://example.com/a.png", 422, "data URI"),
        ("data:image/png,abc", 422, "data URI"),
        ("data:image/png;base64,a", 400, "base64"),
        (data_uri(b"no picture"), 400, "JPEG"),
    ],
)
def test_what_is_no_file_is_refused_and_says_what_would_be_one(
    speaker: Speaker, file: str, status: int, word: str
) -> None:
    refusal = speaker.refused("upload_asset", file=file)

    assert refusal["status"] == status
    assert word in json.dumps(refusal["response"])
