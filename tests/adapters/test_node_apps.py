"""Node apps over REST: which there are, what an execution makes and costs, and what is refused."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from tests.adapters.test_listing import BAD_CURSORS, BAD_LIMITS
from tests.asking import Json, Krea
from tests.contract.requirements import requirement

LIN, STUDIO = "mockkrea:lin", "mockkrea:studio"


def listed(krea: Krea, **query: Json) -> list[str]:
    key = query.pop("key", "mockkrea:dev")
    answer = krea.get("/node-apps", params=query, key=key)
    assert answer.status_code == 200, answer.text
    return [each["slug"] for each in answer.json()["items"]]


def app_called(krea: Krea, slug: str, *, key: str = "mockkrea:dev") -> Json:
    [app] = [each for each in krea.get("/node-apps", key=key).json()["items"] if each["slug"] == slug]
    return app


def execute(krea: Krea, slug: str, input: Json, *, key: str = "mockkrea:dev") -> Json:
    version_id = app_called(krea, slug, key=key)["node_app_version_id"]
    return krea.ask("POST", f"/node-apps/{version_id}/execute", json=input, key=key)


@requirement("node-app:list")
def test_everybody_sees_public_apps_members_their_workspaces_and_authors_their_own(krea: Krea) -> None:
    assert listed(krea) == ["storyboard", "backdrop-swap", "poster-maker"]
    assert listed(krea, key=STUDIO) == ["storyboard", "campaign-kit", "backdrop-swap", "poster-maker"]
    assert listed(krea, key=LIN) == ["backdrop-swap", "poster-maker"]
    assert listed(krea, key=STUDIO, owner="workspace") == ["campaign-kit"]
    assert listed(krea, key=LIN, owner="workspace") == []


def test_pages_of_apps_follow_each_other(krea: Krea) -> None:
    first = krea.get("/node-apps", params={"limit": 2}).json()

    assert [app["slug"] for app in first["items"]] == ["storyboard", "backdrop-swap"]
    assert listed(krea, limit=2, cursor=first["next_cursor"]) == ["poster-maker"]
    assert listed(krea, cursor="2026-03-20T11:00:00Z") == ["poster-maker"]


@requirement("node-app:shape")
def test_an_app_in_a_version_is_shown_field_by_field_as_documented(krea: Krea) -> None:
    item = app_called(krea, "poster-maker")

    shown = krea.get(f"/node-apps/{item['node_app_version_id']}").json()

    assert item["version"] == 2
    assert shown.pop("last_version_id") == item.pop("node_app_version_id")
    assert (shown.pop("input_key_mapping"), shown.pop("output_key_mapping")) == (None, None)
    assert shown == item
    assert list(shown["input_openapi_schema"]["properties"]) == ["headline", "prompt", "mood"]
    assert shown["output_openapi_schema"]["required"] == ["poster"]
    assert (shown["author_id"], shown["workspace_id"], shown["scope"]) == ("ada", "ada-personal", "public")


@requirement("node-app:versions")
def test_the_versions_of_an_app_come_newest_first_and_each_can_be_asked_for(krea: Krea) -> None:
    app_id = app_called(krea, "poster-maker")["id"]

    page = krea.get(f"/node-apps/{app_id}/versions", params={"limit": 1}).json()
    [newest], cursor = page["items"], page["next_cursor"]
    [oldest] = krea.get(f"/node-apps/{app_id}/versions", params={"cursor": cursor}).json()["items"]

    assert (newest["version"], oldest["version"]) == (2, 1)
    shown = krea.get(f"/node-apps/{oldest['node_app_version_id']}").json()
    assert (shown["id"], shown["version"]) == (app_id, 1)
    assert "mood" not in shown["input_openapi_schema"]["properties"]
    assert shown["last_version_id"] == newest["node_app_version_id"]


@requirement("node-app:execute")
def test_an_execution_is_a_list_of_jobs_whose_results_are_keyed_by_output(krea: Krea) -> None:
    answer = execute(krea, "campaign-kit", {"prompt": "sea air", "seed": 5}, key=STUDIO)
    assert answer.status_code == 200
    [started] = answer.json()
    assert list(started) == ["job_id", "status", "created_at"]

    krea.clock("run_until", until=started["job_id"])

    job = krea.get(f"/jobs/{started['job_id']}", key=STUDIO).json()
    assert (job["type"], job["status"]) == ("node-app", "completed")
    sizes = {"banner": (1600, 400), "square": (1080, 1080), "story": (1080, 1920)}
    assert list(job["result"]["urls"]) == list(sizes)
    for name, url in job["result"]["urls"].items():
        with Image.open(BytesIO(krea.get(url, key=None).content)) as picture:
            assert (picture.format, picture.size) == ("PNG", sizes[name])
    assert krea.usd("studio")["balance"] == 999.89


@requirement("node-app:several-jobs")
def test_an_app_may_make_several_jobs_each_billed_and_with_a_picture_of_its_own(krea: Krea) -> None:
    jobs = execute(krea, "storyboard", {"prompt": "a fox walks home", "frames": 4}).json()

    krea.clock("run_until", until="idle")

    urls = [krea.job(job["job_id"])["result"]["urls"]["frame"] for job in jobs]
    assert len({krea.get(url).content for url in urls}) == 4
    assert krea.usd()["balance"] == 100 - 4 * 0.0275


@requirement("webhook:node-app")
def test_each_job_of_an_execution_tells_the_webhook_that_it_has_ended(krea: Krea) -> None:
    version_id = app_called(krea, "storyboard")["node_app_version_id"]
    path, input = f"/node-apps/{version_id}/execute", {"prompt": "a fox walks home", "frames": 2}
    bad, hook = ({"X-Webhook-URL": url} for url in ("nowhere", "http://localhost:9/x"))
    assert krea.ask("POST", path, json=input, headers=bad).status_code == 400
    jobs = krea.ask("POST", path, json=input, headers=hook).json()

    krea.clock("run_until", until="idle")

    told = {job["job_id"]: job for job in krea.mailbox.jobs}
    assert told == {job["job_id"]: krea.job(job["job_id"]) for job in jobs}


def test_of_several_jobs_that_find_no_room_none_is_made(krea: Krea) -> None:
    krea.control("workspaces/ada-personal/limits", {"concurrency": 1, "backlog": 1})

    with krea.unchanged():
        answer = execute(krea, "storyboard", {"prompt": "a fox walks home"})

    assert answer.status_code == 429
    assert krea.listed() == []


def test_an_output_is_not_there_before_its_job_has_completed(krea: Krea) -> None:
    [started] = execute(krea, "poster-maker", {"headline": "Sea", "prompt": "waves"}).json()
    path = f"/files/node-apps/{started['job_id']}.poster.png"

    assert krea.get(path).status_code == 404
    krea.clock("run_until", until="idle")

    assert krea.get(path).status_code == 200
    assert krea.get(path.replace("poster", "cover")).status_code == 404


@pytest.mark.parametrize(
    ("input", "problems"),
    [
        ({}, ["/prompt is required."]),
        (
            {"promt": "x"},
            ["/promt is not a field of storyboard, did you mean prompt?", "/prompt is required."],
        ),
        ({"prompt": "x", "frames": 7}, ["/frames must be a whole number from 1 to 6, not 7."]),
        ([], ["The body must be an object with the fields of storyboard, not a list."]),
    ],
)
def test_an_input_that_breaks_the_apps_schema_is_refused_field_by_field(
    krea: Krea, input: Json, problems: list[str]
) -> None:
    with krea.unchanged():
        answer = execute(krea, "storyboard", input)

    assert answer.status_code == 422
    assert [issue["message"] for issue in answer.json()["issues"]] == problems


@requirement("node-app:refusals")
def test_an_execution_is_refused_in_the_order_of_a_generation(krea: Krea) -> None:
    path = f"/node-apps/{app_called(krea, 'poster-maker')['node_app_version_id']}/execute"
    good = {"headline": "Sea", "prompt": "waves"}
    krea.control("workspaces/lin-personal/balance", {"usd": 0})

    with krea.unchanged():
        assert krea.post("/node-apps/unknown/execute", b"no json", key=None).status_code == 401
        assert krea.post("/node-apps/unknown/execute", b"no json").status_code == 404
        assert krea.post(path, b"no json", key=LIN).status_code == 400
        assert krea.ask("POST", path, json={"headline": ""}, key=LIN).status_code == 422
        assert krea.ask("POST", path, json=good, key=LIN).status_code == 402


@requirement("node-app:404")
def test_apps_that_are_not_there_or_not_for_the_caller_are_a_404(krea: Krea) -> None:
    kit = app_called(krea, "campaign-kit", key=STUDIO)

    with krea.unchanged():
        for id in (kit["node_app_version_id"], kit["id"], "unknown", "x" * 2000):
            for method, path in (("GET", f"/node-apps/{id}"), ("POST", f"/node-apps/{id}/execute")):
                answer = krea.ask(method, path, json={"prompt": "x"}, key=LIN)
                assert (answer.status_code, answer.json()["message"]) == (404, "Node app version not found")
        for id in (kit["id"], "unknown"):
            answer = krea.get(f"/node-apps/{id}/versions", key=LIN)
            assert (answer.status_code, answer.json()["message"]) == (404, "Node app not found")


def test_who_asks_by_the_id_of_an_app_is_told_that_of_its_newest_version(krea: Krea) -> None:
    app = app_called(krea, "storyboard")

    answer = krea.get(f"/node-apps/{app['id']}")

    assert answer.status_code == 404
    assert answer.json()["message"] == (
        "Node app version not found. This is the id of the app itself;"
        f" its node_app_version_id is {app['node_app_version_id']}."
    )


@pytest.mark.parametrize("path", ["/node-apps", "/node-apps/5b1f0f3e-2c57-4f0a-9d3b-7a4c1f6e8b01/versions"])
@pytest.mark.parametrize(
    ("name", "value"),
    [*(("limit", limit) for limit in BAD_LIMITS), *(("cursor", cursor) for cursor in BAD_CURSORS)],
)
def test_a_limit_or_cursor_that_makes_no_sense_is_a_400_that_names_it(
    krea: Krea, path: str, name: str, value: str
) -> None:
    answer = krea.get(path, params={name: value})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{name} must be ")


def test_an_owner_that_is_no_choice_is_a_400_that_names_the_choices(krea: Krea) -> None:
    answer = krea.get("/node-apps", params={"owner": "me"})

    assert answer.status_code == 400
    assert answer.json()["message"] == "owner must be one of all, workspace; it was 'me'."
