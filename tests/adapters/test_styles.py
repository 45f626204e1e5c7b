"""Styles over REST: training, lists and their filters, changes, sharing, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockkrea.core.workspaces import ApiToken
from mockkrea.data import Fixtures
from tests.adapters.test_listing import BAD_CURSORS, BAD_LIMITS
from tests.asking import DEFAULTS, FLUX, KREA_2, KREA_2_BODY, Json, Krea, MakeKrea
from tests.contract.requirements import requirement

URLS = [f"https://example.com/{n}.png" for n in range(3)]
BODY: dict[str, Json] = {"name": "Foxes", "urls": URLS, "max_train_steps": 100}
LIN = "mockkrea:lin"
LIN_IN_STUDIO = "mockkrea:lin-in-studio"


def submit_training(krea: Krea, **body: Json) -> str:
    answer = krea.ask("POST", "/styles/train", json=BODY | body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["job_id"])


def train(krea: Krea, **body: Json) -> str:
    """A style of Ada's that was trained through her personal workspace."""
    job_id = submit_training(krea, **body)
    krea.clock("run_until", until=job_id)
    return str(krea.job(job_id)["result"]["style_id"])


def listed(krea: Krea, *, key: str = "mockkrea:dev", **query: Json) -> list[str]:
    answer = krea.get("/styles", params=query, key=key)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


# --- training


@requirement("style:train")
def test_a_training_is_a_pending_job_that_ends_in_a_style(krea: Krea) -> None:
    answer = krea.ask("POST", "/styles/train", json=BODY)
    assert answer.status_code == 200
    body = answer.json()
    assert {**body, "job_id": "", "created_at": ""} == {
        **{"job_id": "", "status": "queued", "created_at": ""},
        **{"completed_at": None, "result": None},
    }

    krea.clock("advance", seconds=45 * 60)

    job = krea.job(body["job_id"])
    assert (job["status"], job["type"]) == ("completed", "loraTraining")
    assert list(job["result"]) == ["style_id"]
    assert krea.usd() == {"balance": 99.45, "held": 0, "available": 99.45}


def test_a_training_tells_its_webhook_that_it_has_ended(krea: Krea) -> None:
    bad, hook = ({"X-Webhook-URL": url} for url in ("nowhere", "http://localhost:9/x"))
    assert krea.ask("POST", "/styles/train", json=BODY, headers=bad).status_code == 400
    job_id = krea.ask("POST", "/styles/train", json=BODY, headers=hook).json()["job_id"]

    krea.clock("run_until", until="idle")

    assert krea.mailbox.jobs == [krea.job(job_id)]
    assert krea.mailbox.jobs[0]["result"].keys() == {"style_id"}


def test_a_training_has_not_ended_before_a_quarter_of_an_hour(krea: Krea) -> None:
    job_id = submit_training(krea)

    krea.clock("advance", seconds=15 * 60 - 1)

    assert krea.job(job_id)["status"] == "sampling"


def test_a_training_is_among_the_jobs_and_can_be_cancelled(krea: Krea) -> None:
    job_id = submit_training(krea)

    assert krea.listed(types="loraTraining") == [job_id]
    assert krea.cancel(job_id) == {"job_id": job_id, "deleted": True}
    krea.clock("run_until", until="idle")

    assert listed(krea, filter="user") == []
    assert krea.usd()["balance"] == 100


@requirement("style:shape")
def test_a_trained_style_is_shown_field_by_field_as_documented(krea: Krea) -> None:
    style_id = train(krea, trigger_word="fxs", model="qwen", type="Object")

    style = krea.get(f"/styles/{style_id}").json()

    picture = f"http://127.0.0.1:5732/files/styles/{style_id}.png"
    owner, created_at = style.pop("owner"), style.pop("created_at")
    assert style == {
        "id": style_id,
        "title": "Foxes",
        "urls": [picture],
        "public": False,
        "cover_url": picture,
        "prompt": "fxs",
        "models": ["qwen"],
        "like_count": 0,
    }
    assert (owner["name"], owner["avatar_url"], len(owner["id"])) == ("Ada", None, 36)
    assert created_at.startswith("2026-11-22T10:")
    answer = krea.get(f"/files/styles/{style_id}.png", key=None)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")


@requirement("style:train:forms")
@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["/name is required.", "/urls is required."]),
        ({**BODY, "urls": URLS[:2]}, ["/urls must be a list of 3 to 2000"]),
        ({**BODY, "urls": URLS * 667}, ["/urls must be a list of 3 to 2000"]),
        ({**BODY, "urls": [*URLS, "fox.png"]}, ["/urls/3 must be an http or https URL or a base64 data URI"]),
        (
            {**BODY, "model": "flux-dev"},
            ["/model must be one of flux_dev, flux_schnell, wan, wan22, qwen or z-image"],
        ),
        ({**BODY, "model": 5}, ["/model must be one of "]),
        (
            {**BODY, "model": "qwen", "type": "Default"},
            ["/type must be one of Style, Object or Character, not Default."],
        ),
        ({**BODY, "model": "qwen", "learning_rate": 1}, ["/learning_rate is not a field of the training"]),
        (
            {**BODY, "max_steps": 5},
            ["/max_steps is not a field of the training, did you mean max_train_steps?"],
        ),
        ({**BODY, "max_train_steps": 0}, ["/max_train_steps must be a whole number from 1 to 2000, not 0."]),
        ({**BODY, "max_train_steps": 2001}, ["/max_train_steps must be a whole number from 1 to 2000"]),
        ([], ["The body must be an object with the fields of the training, not a list."]),
    ],
)
def test_a_body_that_fits_no_training_is_refused_field_by_field(
    krea: Krea, body: Json, problems: list[str]
) -> None:
    with krea.unchanged():
        answer = krea.ask("POST", "/styles/train", json=body)

    assert answer.status_code == 422
    messages = [issue["message"] for issue in answer.json()["issues"]]
    assert len(messages) == len(problems)
    assert all(message.startswith(problem) for message, problem in zip(messages, problems, strict=True))


def test_two_thousand_pictures_are_taken(krea: Krea) -> None:
    submit_training(krea, urls=(URLS * 667)[:2000])


def test_a_training_without_a_key_or_without_money_is_refused(krea: Krea) -> None:
    with krea.unchanged():
        assert krea.ask("POST", "/styles/train", key=None).status_code == 401
        answer = krea.ask("POST", "/styles/train", key=LIN, json=BODY | {"max_train_steps": 2000})

    assert answer.status_code == 402
    assert "API balance" in answer.json()["message"]


# --- lists


@requirement("style:list")
def test_the_list_has_public_and_own_styles_newest_first(krea: Krea) -> None:
    style_id = train(krea)

    assert listed(krea) == [style_id, "linocut42", "nightbus5", "tinfoil77", "inkwash01"]
    assert listed(krea, key=LIN) == ["linocut42", "nightbus5", "tinfoil77", "inkwash01"]


@requirement("style:list:filters")
def test_each_filter_leaves_the_others_out(krea: Krea) -> None:
    own = train(krea)
    ada, lin = (krea.get(f"/styles/{id}").json()["owner"]["id"] for id in (own, "linocut42"))
    public = ["linocut42", "nightbus5", "tinfoil77", "inkwash01"]

    assert listed(krea, filter="all") == [own, *public]
    assert listed(krea, filter="user") == [own]
    assert listed(krea, filter="community") == ["linocut42"]
    assert listed(krea, filter="krea") == public[1:]
    assert listed(krea, filter="public") == listed(krea, filter="gallery") == public
    assert listed(krea, filter="unapproved") == []
    assert listed(krea, filter="shared") == []
    assert listed(krea, user=ada) == listed(krea, user="ada") == [own]
    assert listed(krea, user=lin) == ["linocut42"]
    assert listed(krea, user="nobody") == []
    assert listed(krea, model="flux_dev") == [own, "tinfoil77", "inkwash01"]
    assert listed(krea, model="flux_dev", filter="krea") == ["tinfoil77", "inkwash01"]
    assert listed(krea, ids="inkwash01,linocut42,unknown") == ["linocut42", "inkwash01"]
    assert listed(krea, liked="False") == [own, *public]
    assert listed(krea, liked="true") == []


def test_pages_neither_skip_nor_repeat_styles_of_one_instant(krea: Krea) -> None:
    krea.clock("freeze")
    for _ in range(5):
        krea.outcome(submit_training(krea), status="completed")
    whole = listed(krea)
    seen: list[str] = []
    cursor: dict[str, str] = {}

    while True:
        page = krea.get("/styles", params={"limit": 2} | cursor).json()
        seen += [style["id"] for style in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert len(whole) == 9
    assert seen == whole
    assert listed(krea, cursor="2026-02-09T08:00:00Z") == ["inkwash01"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", limit) for limit in BAD_LIMITS),
        *(("cursor", cursor) for cursor in BAD_CURSORS),
        *(("liked", liked) for liked in ("", "yes", "1")),
        *(("filter", list_filter) for list_filter in ("", "mine", "ALL")),
    ],
)
def test_a_parameter_that_makes_no_sense_is_a_400_that_names_it(krea: Krea, name: str, value: str) -> None:
    with krea.unchanged():
        answer = krea.get("/styles", params={name: value})

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{name} must be ")


# --- changes


@requirement("style:update")
def test_the_owner_changes_title_publicity_and_pictures(krea: Krea) -> None:
    style_id = train(krea)
    changes = {"title": "Red foxes", "public": True, "urls": URLS, "cover_url": URLS[0]}

    answer = krea.ask("PATCH", f"/styles/{style_id}", json=changes)

    assert answer.status_code == 200
    assert answer.json() == krea.get(f"/styles/{style_id}", key=LIN).json()
    assert {name: answer.json()[name] for name in changes} == changes


@requirement("style:update:400")
@pytest.mark.parametrize("changes", [{}, {"titel": "x"}, {"public": None}, {"like_count": 5}])
def test_a_change_without_a_valid_field_is_a_400_that_names_them(krea: Krea, changes: Json) -> None:
    style_id = train(krea)

    with krea.unchanged():
        answer = krea.ask("PATCH", f"/styles/{style_id}", json=changes)

    assert answer.status_code == 400
    sentence = "No valid fields to update. Known: public, urls, title, cover_url."
    assert answer.json()["message"] == sentence


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"title": 5}, "/title"), ({"urls": ["x"]}, "/urls/0"), ({"public": "yes"}, "/public")],
)
def test_a_value_that_does_not_fit_its_field_is_named(krea: Krea, changes: Json, pointer: str) -> None:
    style_id = train(krea)

    with krea.unchanged():
        answer = krea.ask("PATCH", f"/styles/{style_id}", json=changes)

    assert answer.status_code == 422
    assert [issue["path"] for issue in answer.json()["issues"]] == [pointer]


# --- sharing


@pytest.fixture
def shared_studio(make_krea: MakeKrea, fixtures: Fixtures) -> Krea:
    """A mock in which Lin has a key for Studio, of which Ada is the owner."""
    setup = fixtures.setup
    lins = ApiToken(secret=LIN_IN_STUDIO, workspace_id="studio", person_id="lin")
    return make_krea(setup=replace(setup, tokens={**setup.tokens, lins.secret: lins}))


@requirement("style:share:link")
def test_the_link_of_a_style_is_made_once_and_then_only_shown(krea: Krea) -> None:
    path = f"/styles/{train(krea)}/share/link"

    first = krea.get(path)
    with krea.unchanged():
        again = krea.get(path)

    assert (first.status_code, first.json()["is_new"]) == (201, True)
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert again.json()["share_link"] == first.json()["share_link"]
    assert first.json()["share_link"].startswith("http://127.0.0.1:5732/")


@requirement("style:share:workspace")
def test_members_of_a_workspace_use_what_is_shared_with_it_until_it_is_taken_back(
    shared_studio: Krea,
) -> None:
    krea, style_id = shared_studio, train(shared_studio)
    path, body = (
        f"/styles/{style_id}/share/workspace",
        {"prompt": "x", "styles": [{"id": style_id, "strength": 1}]},
    )
    assert krea.generate(FLUX, body, key=LIN_IN_STUDIO).status_code == 422

    shared = krea.ask("POST", path, key="mockkrea:studio")

    workspace = {"id": "studio", "name": "Studio", "is_default": False}
    assert shared.json() == {"success": True, "style_id": style_id, "workspace": workspace}
    assert krea.generate(FLUX, body, key=LIN_IN_STUDIO).status_code == 200
    assert listed(krea, key=LIN_IN_STUDIO, filter="shared") == [style_id]
    assert krea.get(f"/styles/{style_id}", key=LIN).status_code == 404

    taken = krea.ask("DELETE", path, key="mockkrea:studio")

    assert (taken.status_code, taken.json()) == (200, {"success": True})
    assert krea.generate(FLUX, body, key=LIN_IN_STUDIO).status_code == 422
    assert krea.get(f"/styles/{style_id}", key=LIN_IN_STUDIO).status_code == 404


def test_a_style_that_is_not_shared_here_cannot_be_taken_back_and_the_refusal_says_so(krea: Krea) -> None:
    path = f"/styles/{train(krea)}/share/workspace"

    with krea.unchanged():
        answer = krea.ask("DELETE", path)

    assert answer.status_code == 404
    assert answer.json()["message"] == "Style not found. It is there, but not shared with this workspace."


def test_a_style_is_shared_by_a_post_that_has_neither_a_body_nor_a_length(krea: Krea) -> None:
    scope = {
        "path": f"/styles/{train(krea)}/share/workspace",
        "headers": [(b"authorization", b"Bearer mockkrea:dev")],
    }

    assert krea.raw(scope, [])[0] == 200


@requirement("style:share:403")
def test_only_the_owner_shares_and_takes_back_what_others_can_see(shared_studio: Krea) -> None:
    krea, style_id = shared_studio, train(shared_studio)
    krea.ask("POST", f"/styles/{style_id}/share/workspace", key="mockkrea:studio")

    with krea.unchanged():
        for method in ("POST", "DELETE"):
            for id in (style_id, "inkwash01"):
                answer = krea.ask(method, f"/styles/{id}/share/workspace", key=LIN_IN_STUDIO)
                assert answer.status_code == 403
                assert "its owner only" in answer.json()["message"]


@requirement("style:404")
@pytest.mark.parametrize("unknown", ["unknown", "linocut42x", "%00", "x" * 2000])
@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("GET", "/share/link", None),
        ("POST", "/share/workspace", None),
        ("DELETE", "/share/workspace", None),
    ],
)
def test_a_style_that_is_not_there_is_a_404(
    krea: Krea, unknown: str, method: str, rest: str, body: Json
) -> None:
    content = {} if body is None else {"json": body}
    with krea.unchanged():
        answer = krea.ask(method, f"/styles/{unknown}{rest}", **content)

    assert answer.status_code == 404
    assert answer.json()["message"] == "Style not found"


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("GET", "/share/link", None),
        ("POST", "/share/workspace", None),
    ],
)
def test_somebody_elses_private_style_is_not_there_either(
    krea: Krea, method: str, rest: str, body: Json
) -> None:
    style_id = train(krea)
    content = {} if body is None else {"json": body}

    with krea.unchanged():
        answer = krea.ask(method, f"/styles/{style_id}{rest}", key=LIN, **content)

    assert (answer.status_code, answer.json()["message"]) == (404, "Style not found")


# --- in generations


@pytest.mark.parametrize("status", ["422", "400"])
def test_a_generation_with_an_unknown_style_is_a_422_under_every_setting(
    make_krea: MakeKrea, status: str
) -> None:
    krea = make_krea(DEFAULTS.having({"validation_status": status}))

    with krea.unchanged():
        answer = krea.generate(FLUX, {"prompt": "x", "styles": [{"id": "inkwash02", "strength": 1}]})

    assert answer.status_code == 422
    [issue] = answer.json()["issues"]
    assert issue["path"] == "/styles/0/id"
    assert issue["message"].endswith("'inkwash02'. Did you mean inkwash01?")


@requirement("moodboard:unknown")
def test_a_generation_takes_kreas_and_the_workspaces_moodboards_and_no_other(krea: Krea) -> None:
    def ask(moodboard_id: str, key: str = "mockkrea:dev") -> int:
        return krea.generate(
            KREA_2, KREA_2_BODY | {"moodboards": [{"id": moodboard_id}]}, key=key
        ).status_code

    harbour, greys = (
        each.id for each in krea.run(krea.tenant.query(lambda state: [*state.library.moodboards.values()]))
    )

    assert (ask(harbour), ask(greys), ask(greys, "mockkrea:studio")) == (200, 422, 200)
    assert ask("00000000-0000-0000-0000-000000000000") == 422
