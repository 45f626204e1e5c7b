"""What the REST API refuses: status, words, order, and that nothing has changed afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import combinations

import httpx
import pytest

from mockkrea.core.catalogue import Catalogue
from mockkrea.core.initial_state import Setup
from mockkrea.data import load_catalogue, load_setup
from mockkrea.settings import ErrorKeys, Settings
from tests.asking import ADA, FLUX, KEY, KREA_2, LIN, Json, Krea, MakeKrea
from tests.contract.requirements import requirement

API_BALANCE_OUT = (
    "Your API balance is separate from your workspace compute balance."
    " Please top up your API balance to continue using the API."
)
TOO_MANY_JOBS = "You have reached the maximum number of concurrent jobs."
NO_JOB = "Job not found or unauthorized"
NOBODYS_ID = "5d0c8b1e-0000-4000-8000-000000000000"

LIN_KEY = "mockkrea:lin"
SUNSET = "2026-04-27"


def catalogue_with_a_sunset() -> Catalogue:
    """The catalogue in which krea-2/medium is not sold any more and two others take its place."""
    models = [
        replace(model, sunset=SUNSET, replacement="image/krea/krea-2/large") if model.id == KREA_2 else model
        for model in load_catalogue().models
    ]
    return Catalogue(models, edition="2026-10-09")


def setup_without_flux_for_lin() -> Setup:
    """The usual people, but Lin's plan lacks two models."""
    setup = load_setup()
    lin = setup.workspaces[LIN]
    poorer = replace(lin.plan, excluded_models=frozenset({FLUX, KREA_2}))
    return replace(setup, workspaces={**setup.workspaces, LIN: replace(lin, plan=poorer)})


@pytest.fixture
def strict_krea(make_krea: MakeKrea) -> Krea:
    """A mock in which every refusal of a submission can be met."""
    return make_krea(setup=setup_without_flux_for_lin(), catalogue=catalogue_with_a_sunset())


def refused(krea: Krea, status: int, ask: Callable[[], httpx.Response]) -> Json:
    """The body of an answer that has this status and left the world as it was."""
    with krea.unchanged():
        answer = ask()
    assert answer.status_code == status, answer.text
    return answer.json()


@requirement("auth:401")
@pytest.mark.parametrize("key", [None, "", "wrong", "mockkrea:dev2", "mockkrea:DEV", f"{KEY} {KEY}"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", f"/generate/{FLUX}"), ("GET", "/jobs"), ("GET", "/jobs/x"), ("DELETE", "/jobs/x")],
)
def test_without_a_known_token_every_route_says_unauthorized(
    krea: Krea, key: str | None, method: str, path: str
) -> None:
    body = refused(krea, 401, lambda: krea.ask(method, path, key=key))

    assert body == {"message": "Unauthorized", "error": "Unauthorized"}


@requirement("auth:bearer")
@pytest.mark.parametrize(
    "header", ["mockkrea:dev", "Basic mockkrea:dev", "Bearer", "Bearermockkrea:dev", "Token mockkrea:dev"]
)
def test_only_a_bearer_token_counts_as_one(krea: Krea, header: str) -> None:
    assert krea.get("/jobs", key=None, headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_word_bearer_may_be_written_in_any_case(krea: Krea, scheme: str) -> None:
    assert krea.get("/jobs", key=None, headers={"Authorization": f"{scheme} {KEY}"}).status_code == 200


@requirement("job:404")
def test_a_job_that_is_unknown_or_somebody_elses_is_not_found(krea: Krea) -> None:
    lins = krea.submit(key=LIN_KEY)

    for job_id in (NOBODYS_ID, lins):
        for method in ("GET", "DELETE"):
            body = refused(krea, 404, lambda m=method, j=job_id: krea.ask(m, f"/jobs/{j}"))  # type: ignore[misc]
            assert body == {"message": NO_JOB, "error": NO_JOB}


@requirement("billing:402")
def test_an_empty_api_balance_is_refused_in_kreas_own_words(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/balance", {"usd": 0.006999})

    body = refused(krea, 402, lambda: krea.generate(FLUX, {"prompt": "x"}))

    assert body == {"message": API_BALANCE_OUT, "error": API_BALANCE_OUT}


@requirement("billing:plan")
def test_a_plan_without_the_model_is_refused_in_kreas_own_words(strict_krea: Krea) -> None:
    body = refused(strict_krea, 402, lambda: strict_krea.generate(FLUX, {"prompt": "x"}, key=LIN_KEY))

    assert body == {"message": "Plan required", "error": "Plan required"}


@requirement("limits:429")
def test_full_concurrency_and_backlog_are_refused_with_their_code(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 1})
    krea.submit()
    krea.submit()

    body = refused(krea, 429, lambda: krea.generate(FLUX, {"prompt": "x"}))

    assert body == {"message": TOO_MANY_JOBS, "error": TOO_MANY_JOBS, "code": "CONCURRENCY_LIMIT_REACHED"}


def test_lins_free_plan_runs_two_jobs_and_lets_ten_wait(krea: Krea) -> None:
    statuses = [krea.generate(FLUX, {"prompt": "x"}, key=LIN_KEY).json().get("status") for _ in range(13)]

    assert statuses == ["queued"] * 2 + ["backlogged"] * 10 + [None]


@requirement("limits:model")
def test_a_models_own_limit_is_refused_like_full_concurrency(make_krea: MakeKrea) -> None:
    models = [replace(model, unfinished_max=2) for model in load_catalogue().models]
    krea = make_krea(catalogue=Catalogue(models, edition="2026-10-09"))
    first, _ = krea.submit(), krea.submit()

    body = refused(krea, 429, lambda: krea.generate(FLUX, {"prompt": "x"}))

    assert body == {"message": TOO_MANY_JOBS, "error": TOO_MANY_JOBS, "code": "CONCURRENCY_LIMIT_REACHED"}
    krea.cancel(first)
    assert krea.generate(FLUX, {"prompt": "x"}).status_code == 200


@requirement("limits:rate")
def test_too_many_requests_in_a_minute_say_when_to_come_back(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"requests_per_minute": 2})
    krea.get("/jobs")
    krea.real_time.pass_by(10.5)
    krea.get("/jobs")

    with krea.unchanged():
        answer = krea.get("/jobs")

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "50"
    assert answer.json()["message"] == answer.json()["error"]
    krea.real_time.pass_by(50)
    assert krea.get("/jobs").status_code == 200


@requirement("model:410")
def test_a_model_past_its_sunset_is_refused_with_what_replaces_it(strict_krea: Krea) -> None:
    body = refused(strict_krea, 410, lambda: strict_krea.generate(KREA_2, {}))

    sentence = f"{KREA_2} is not available since {SUNSET}. Use image/krea/krea-2/large instead."
    assert body == {
        "error": "model_unavailable",
        "reason": "deprecated",
        "message": sentence,
        "sunset_date": SUNSET,
        "replacement": "image/krea/krea-2/large",
        "migration_url": "https://docs.krea.ai/developers/deprecations",
    }


@requirement("validation:strict")
def test_a_body_that_breaks_the_schema_is_told_every_field_and_the_nearest_name(krea: Krea) -> None:
    wrong = {"prompt": "x", "aspect": "16:9", "resolution": "2K"}

    body = refused(krea, 422, lambda: krea.generate(KREA_2, wrong))

    sentence = (
        "3 problems: /aspect is not a field of krea-2/medium, did you mean aspect_ratio?"
        " /aspect_ratio is required. /resolution must be 1K."
    )
    assert list(body) == ["message", "error", "issues"]
    assert body["message"] == body["error"] == sentence
    assert [issue["path"] for issue in body["issues"]] == ["/aspect", "/aspect_ratio", "/resolution"]
    assert " ".join(issue["message"] for issue in body["issues"]) in sentence


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "7", "true"])
def test_a_body_that_is_no_object_breaks_the_schema(krea: Krea, body: str) -> None:
    told = refused(krea, 422, lambda: krea.post(f"/generate/{FLUX}", body.encode()))

    assert "must be an object" in told["message"]


@requirement("error:keys")
@pytest.mark.parametrize(
    ("error_keys", "keys"),
    [("both", ["message", "error"]), ("message", ["message"]), ("error", ["error"])],
)
def test_the_setting_error_keys_decides_under_which_keys_a_sentence_stands(
    make_krea: MakeKrea, error_keys: str, keys: list[str]
) -> None:
    krea = make_krea(Settings(error_keys=ErrorKeys(error_keys)))

    for answer in (
        krea.get("/jobs", key=None),
        krea.get(f"/jobs/{NOBODYS_ID}"),
        krea.get("/nowhere", headers={"Accept": "application/json"}),
        krea.ask("PUT", "/jobs"),
    ):
        assert list(answer.json()) == keys


def test_the_setting_validation_status_makes_a_broken_body_a_400(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(validation_status=400))

    body = refused(krea, 400, lambda: krea.generate(FLUX, {}))

    assert body["issues"] == [{"path": "/prompt", "message": "/prompt is required."}]


def test_the_setting_delete_finished_refuses_to_delete_a_finished_job(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(delete_finished=409))
    finished = krea.submit()
    krea.clock("run_until", until=finished)

    body = refused(krea, 409, lambda: krea.ask("DELETE", f"/jobs/{finished}"))

    assert list(body) == ["message", "error"]
    assert "completed already" in body["message"]
    assert finished in krea.listed()


def test_the_setting_delete_finished_still_lets_a_job_be_cancelled(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(delete_finished=409))
    job_id = krea.submit()

    assert krea.cancel(job_id) == {"job_id": job_id, "deleted": True}
    assert krea.job(job_id)["status"] == "cancelled"


@dataclass(frozen=True)
class Wrong:
    """A submission with some things wrong with it."""

    key: str | None = KEY
    model: str = FLUX
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    body: bytes = b'{"prompt": "x"}'
    changes: tuple[tuple[str, dict[str, float]], ...] = ()


def _with_header(wrong: Wrong, name: str, value: str) -> Wrong:
    return replace(wrong, headers=wrong.headers | {name: value})


def _with_change(wrong: Wrong, path: str, **change: float) -> Wrong:
    return replace(wrong, changes=(*wrong.changes, (path, change)))


# In the order in which a submission with all of them is told of them.
FAULTS: dict[str, tuple[int, str, Callable[[Wrong], Wrong]]] = {
    "rate": (429, "requests a minute", lambda it: _with_change(it, "limits", requests_per_minute=0)),
    "model": (404, "There is no model", lambda it: replace(it, model="image/krea/krea-3")),
    "sunset": (410, "not available since", lambda it: replace(it, model=KREA_2)),
    "unreadable": (400, "Content-Type", lambda it: _with_header(it, "Content-Type", "text/plain")),
    "too large": (413, "105,000,000", lambda it: _with_header(it, "Content-Length", "105000001")),
    "schema": (422, "/prompt is required", lambda it: replace(it, body=b"{}")),
    "plan": (402, "Plan required", lambda it: replace(it, key=LIN_KEY)),
    "concurrency": (429, TOO_MANY_JOBS, lambda it: _with_change(it, "limits", concurrency=0, backlog=0)),
    "balance": (402, API_BALANCE_OUT, lambda it: _with_change(it, "balance", usd=0)),
}


def _send(krea: Krea, wrong: Wrong) -> httpx.Response:
    for path, change in wrong.changes:
        for workspace_id in (ADA, LIN):
            krea.control(f"workspaces/{workspace_id}/{path}", change)
    return krea.ask(
        "POST",
        f"/generate/{wrong.model}",
        key=wrong.key,
        headers={"Accept": "application/json"} | wrong.headers,
        content=wrong.body,
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_each_thing_that_is_wrong_alone_is_refused_for_itself(strict_krea: Krea, fault: str) -> None:
    status, words, make = FAULTS[fault]

    answer = _send(strict_krea, make(Wrong()))

    assert answer.status_code == status
    assert words in answer.json()["message"]


@requirement("error:order")
@pytest.mark.parametrize(
    ("first", "second"), [pair for pair in combinations(FAULTS, 2) if pair != ("model", "sunset")]
)
def test_of_two_things_that_are_wrong_the_earlier_one_is_told(
    strict_krea: Krea, first: str, second: str
) -> None:
    status, words, make_first = FAULTS[first]

    make_second = FAULTS[second][2]

    answer = _send(strict_krea, make_first(make_second(Wrong())))

    assert answer.status_code == status
    assert words in answer.json()["message"]


@pytest.mark.parametrize("fault", FAULTS)
def test_who_has_no_token_learns_nothing_else(strict_krea: Krea, fault: str) -> None:
    answer = _send(strict_krea, replace(FAULTS[fault][2](Wrong()), key=None))

    assert answer.status_code == 401
