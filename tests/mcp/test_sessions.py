"""OAuth sessions over MCP: whose units pay, whose the assets are, and one that is bound to nothing."""

from __future__ import annotations

import pytest

from tests.asking import ADA, FLUX, Krea
from tests.contract.requirements import requirement
from tests.mcp.speaking import Era, Speaker
from tests.media.samples import png

STUDIO = "studio"
FLUX_CU = 3


def session(krea: Krea, era: Era = Era.HANDSHAKE, **wanted: object) -> Speaker:
    """A client with an access token as a consent gives it."""
    return Speaker(krea, era, key=krea.control("oauth/issue", wanted)["access_token"])


def meters(krea: Krea, workspace_id: str) -> tuple[float, float]:
    [found] = [each for each in krea.control("workspaces")["items"] if each["id"] == workspace_id]
    return found["usd"]["balance"], found["compute_units"]["balance"]


@requirement("mcp:balance:units")
@pytest.mark.parametrize("era", list(Era))
def test_an_oauth_session_pays_with_compute_units_of_its_workspace_and_nothing_else(
    krea: Krea, era: Era
) -> None:
    before_usd, before_cu = meters(krea, STUDIO)
    adas = meters(krea, ADA)

    job_id = session(krea, era, workspace=STUDIO).call("generate", model=FLUX, input={"prompt": "x"})[
        "job_id"
    ]
    krea.clock("run_until", until=job_id)

    after_usd, after_cu = meters(krea, STUDIO)
    assert before_usd == after_usd
    assert before_cu - after_cu == pytest.approx(FLUX_CU)
    assert meters(krea, ADA) == adas


def test_an_api_token_pays_in_dollars_over_mcp_as_well(krea: Krea) -> None:
    before_usd, before_cu = meters(krea, ADA)

    job_id = Speaker(krea).call("generate", model=FLUX, input={"prompt": "x"})["job_id"]
    krea.clock("run_until", until=job_id)

    after_usd, after_cu = meters(krea, ADA)
    assert after_usd < before_usd
    assert after_cu == before_cu


@requirement("mcp:balance:units")
def test_a_session_without_enough_units_is_told_how_many_there_are(krea: Krea) -> None:
    speaker = session(krea, workspace=STUDIO)
    krea.control(f"workspaces/{STUDIO}/balance", {"compute_units": 1.5})

    refusal = speaker.refused("generate", model=FLUX, input={"prompt": "x"})

    assert refusal == {
        "status": 402,
        "response": {"message": "INSUFFICIENT_BALANCE"},
        "availableUnits": 1.5,
    }


@requirement("mcp:unbound")
def test_a_legacy_session_bills_the_default_workspace_and_is_refused_uploads(krea: Krea) -> None:
    speaker = session(krea, legacy=True)

    job_id = speaker.call("generate", model=FLUX, input={"prompt": "x"})["job_id"]
    refusals = [
        speaker.refused("get_upload_url"),
        speaker.refused("upload_asset", file="data:image/png;base64,AAAA"),
    ]

    assert krea.job(job_id)["status"] == "queued"
    assert [refusal["status"] for refusal in refusals] == [403, 403]
    assert "choose a workspace" in refusals[0]["response"]["message"]


def test_files_of_a_session_belong_to_the_workspace_that_was_chosen(krea: Krea) -> None:
    upload_url = session(krea, workspace=STUDIO).call("get_upload_url")["upload_url"]

    krea.ask("POST", upload_url, key=None, files={"file": png()})

    assert len(krea.get("/assets", key="mockkrea:studio").json()["items"]) == 1
    assert krea.get("/assets").json()["items"] == []


def test_an_access_token_ends_after_its_hour_of_the_worlds_clock(krea: Krea) -> None:
    speaker = session(krea)
    message = speaker.message("tools/list", {})

    before = speaker.post(message).status_code
    krea.clock("advance", seconds=3600)

    assert (before, speaker.post(message).status_code) == (200, 401)


def test_an_api_token_counts_as_bound(krea: Krea) -> None:
    assert "upload_url" in Speaker(krea).call("get_upload_url")
