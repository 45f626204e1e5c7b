"""The control calls that list sessions, uploads and scenarios, and that meet one session or one fault."""

from __future__ import annotations

from mockkrea.scenario.loading import ready_made
from tests.asking import Krea
from tests.oauth import Agent


def test_sessions_are_listed_with_whom_they_act_for_and_without_their_tokens(krea: Krea) -> None:
    tokens = Agent(krea, name="Claude Code").tokens("lin", workspace="studio")
    krea.control("oauth/issue", {"legacy": True})

    listed, issued = krea.control("oauth/sessions")["items"]

    assert listed.pop("id")
    assert listed == {
        "client": "Claude Code",
        "person": "lin",
        "workspace": "studio",
        "scope": "profile email",
        "access_until": "2026-11-22T11:00:00.000Z",
        "refresh_until": "2026-12-22T10:00:00.000Z",
    }
    assert (issued["client"], issued["workspace"]) == ("issued by the control API", None)
    assert tokens["access_token"] not in krea.ask_control("oauth/sessions").text


def test_one_session_can_be_expired_and_revoked_by_its_id(krea: Krea) -> None:
    for _ in range(2):
        Agent(krea).tokens()
    first, second = (each["id"] for each in krea.control("oauth/sessions")["items"])

    assert krea.control("oauth/expire", {"session": first}) == {"expired": 1}
    assert krea.control("oauth/revoke", {"session": first}) == {"revoked": 1}
    assert [each["id"] for each in krea.control("oauth/sessions")["items"]] == [second]
    with krea.unchanged():
        refused = krea.ask_control("oauth/expire", {"session": first})
    assert refused.status_code == 404


def test_uploads_of_all_workspaces_are_listed(krea: Krea) -> None:
    job_id = krea.submit()
    krea.clock("run_until", until=job_id)
    picture = krea.get(f"/files/images/{job_id}.png").content
    ours, theirs = krea.upload(picture), krea.upload(picture, key="mockkrea:lin")

    listed = krea.control("uploads")["items"]

    assert listed == [{"workspace": "ada-personal", **ours}, {"workspace": "lin-personal", **theirs}]


def test_the_scenarios_of_the_package_are_listed_with_what_they_are_for(krea: Krea) -> None:
    listed = krea.control("scenarios")["items"]

    assert [each["name"] for each in listed] == [path.stem for path in ready_made()]
    assert all(len(each["description"]) > 20 for each in listed)


def test_a_fault_that_is_switched_off_neither_counts_nor_fires_until_it_is_on_again(krea: Krea) -> None:
    then = {"when": {"path": "/jobs"}, "then": {"status": 503}}
    id = krea.control("faults", then)["id"]

    off = krea.ask("PATCH", f"/__mockkrea/faults/{id}", key=None, json={"on": False}).json()
    rested = krea.get("/jobs").status_code
    [rule] = krea.control("faults")["items"]
    krea.ask("PATCH", f"/__mockkrea/faults/{id}", key=None, json={"on": True})

    assert off == rule
    assert (rule["on"], rule["matched"], rested) == (False, 0, 200)
    assert krea.get("/jobs").status_code == 503
    assert krea.ask("PATCH", "/__mockkrea/faults/none", key=None, json={"on": True}).status_code == 404
