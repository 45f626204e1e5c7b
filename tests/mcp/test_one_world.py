"""What one adapter does the other sees, bills and cancels; the same test over each."""

from __future__ import annotations

import pytest

from mockkrea.settings import Settings
from tests.adapters.test_rest_refusals import LIN_KEY, NOBODYS_ID, strict_krea
from tests.asking import ADA, FLUX, FLUX_USD, IMMEDIATE, KREA_2, KREA_2_BODY, Json, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.mcp.speaking import Adapter, OverMcp, OverRest, Refusal

__all__ = ["strict_krea"]


@requirement("mcp:one-world")
def test_a_job_is_the_same_through_whichever_adapter_it_is_seen(krea: Krea, adapter: Adapter) -> None:
    job_id = adapter.submit(KREA_2, KREA_2_BODY)

    assert OverRest(krea).job(job_id) == OverMcp(krea).job(job_id) == adapter.job(job_id)
    krea.clock("run_until", until=job_id)
    seen = OverRest(krea).job(job_id)
    assert seen == OverMcp(krea).job(job_id)
    assert seen["status"] == "completed"


def test_a_job_costs_the_same_through_every_adapter(krea: Krea, adapter: Adapter) -> None:
    job_id = adapter.submit(FLUX, {"prompt": "a fox"})
    krea.clock("run_until", until=job_id)

    assert [entry["amount"] for entry in krea.entries("capture")] == [FLUX_USD]


@requirement("mcp:cancel")
def test_a_job_that_any_adapter_submits_every_other_can_cancel_unbilled(krea: Krea, adapter: Adapter) -> None:
    other = OverRest(krea) if isinstance(adapter, OverMcp) else OverMcp(krea)
    job_id = adapter.submit(FLUX, {"prompt": "a fox"})

    assert other.cancel(job_id) == {"job_id": job_id, "deleted": True}

    assert adapter.job(job_id)["status"] == "cancelled"
    assert krea.listed() == []
    assert krea.entries("capture") == []
    assert krea.usd()["held"] == 0


@pytest.mark.parametrize("make_adapter", [OverRest, OverMcp])
def test_submitting_and_cancelling_at_once_finds_the_job_unstarted_under_immediate_progression(
    make_krea: MakeKrea, make_adapter: type[OverRest] | type[OverMcp]
) -> None:
    krea = make_krea(IMMEDIATE)
    adapter = make_adapter(krea)
    job_id = adapter.submit(FLUX, {"prompt": "a fox"})

    adapter.cancel(job_id)

    assert adapter.job(job_id)["status"] == "cancelled"
    assert krea.entries("capture") == []


@pytest.mark.parametrize("make_adapter", [OverRest, OverMcp])
def test_under_manual_progression_looking_at_a_job_is_a_poll(
    make_krea: MakeKrea, make_adapter: type[OverRest] | type[OverMcp]
) -> None:
    krea = make_krea(Settings().having({"progression": "manual"}))
    adapter = make_adapter(krea)
    job_id = adapter.submit(FLUX, {"prompt": "a fox"})

    seen = [adapter.job(job_id)["status"] for _ in range(4)]

    assert seen == ["scheduled", "processing", "sampling", "completed"]


def refusal_of(adapter: Adapter, model: str, body: Json) -> Refusal:
    with adapter.krea.unchanged(), pytest.raises(Refusal) as caught:
        adapter.submit(model, body)
    return caught.value


@requirement("mcp:refusals")
@pytest.mark.parametrize(
    ("model", "body", "status"),
    [
        ("image/bfl/flux-1-de", {"prompt": "x"}, 404),
        (KREA_2, KREA_2_BODY, 410),
        (FLUX, {"promt": "x", "width": "wide"}, 422),
        (FLUX, {"prompt": "x"}, 402),
    ],
    ids=["unknown model", "past its sunset", "schema", "plan"],
)
def test_both_adapters_refuse_a_submission_with_one_status_and_in_one_sentence(
    strict_krea: Krea, model: str, body: Json, status: int
) -> None:
    rest = refusal_of(OverRest(strict_krea, key=LIN_KEY), model, body)
    mcp = refusal_of(OverMcp(strict_krea, key=LIN_KEY), model, body)

    assert (rest.status, mcp.status) == (status, status)
    assert mcp.body["message"].startswith(rest.body["message"])
    assert mcp.body.get("issues") == rest.body.get("issues")


@requirement("mcp:balance:usd")
def test_an_api_token_without_balance_is_told_to_top_up_through_both(krea: Krea, adapter: Adapter) -> None:
    krea.control(f"workspaces/{ADA}/balance", {"usd": 0.001})

    refusal = refusal_of(adapter, FLUX, {"prompt": "x"})

    assert refusal.status == 402
    assert "Please top up your API balance" in refusal.body["message"]
    assert "availableUnits" not in refusal.body


def test_limits_count_jobs_of_both_adapters_together(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 1})
    OverRest(krea).submit(FLUX, {"prompt": "x"})
    waiting = OverMcp(krea).submit(FLUX, {"prompt": "x"})

    refusal = refusal_of(OverMcp(krea), FLUX, {"prompt": "x"})

    assert refusal.status == 429
    assert refusal.body["code"] == "CONCURRENCY_LIMIT_REACHED"
    assert OverRest(krea).job(waiting) == OverMcp(krea).job(waiting)


def test_a_request_rate_counts_tool_calls_and_rest_requests_together(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/limits", {"requests_per_minute": 2})
    OverMcp(krea).submit(FLUX, {"prompt": "x"})
    OverRest(krea).submit(FLUX, {"prompt": "x"})

    assert refusal_of(OverMcp(krea), FLUX, {"prompt": "x"}).status == 429
    assert refusal_of(OverRest(krea), FLUX, {"prompt": "x"}).status == 429


def test_a_job_of_nobody_or_of_another_workspace_is_not_found_through_both(adapter: Adapter) -> None:
    theirs = OverRest(adapter.krea, key=LIN_KEY).submit(FLUX, {"prompt": "x"})

    for job_id in (theirs, NOBODYS_ID, "x"):
        for ask in (adapter.job, adapter.cancel):
            with adapter.krea.unchanged(), pytest.raises(Refusal) as caught:
                ask(job_id)
            assert caught.value.status == 404
            assert caught.value.body["message"] == "Job not found or unauthorized"


@pytest.mark.parametrize("make_adapter", [OverRest, OverMcp])
def test_a_finished_job_leaves_the_list_or_is_refused_as_the_setting_says(
    make_krea: MakeKrea, make_adapter: type[OverRest] | type[OverMcp]
) -> None:
    for status in (200, 409):
        krea = make_krea(Settings().having({"delete_finished": status}))
        adapter = make_adapter(krea)
        job_id = adapter.submit(FLUX, {"prompt": "x"})
        krea.clock("run_until", until=job_id)
        if status == 200:
            assert adapter.cancel(job_id) == {"job_id": job_id, "deleted": True}
            assert krea.listed() == []
        else:
            with krea.unchanged(), pytest.raises(Refusal) as caught:
                adapter.cancel(job_id)
            assert caught.value.status == 409
            assert krea.listed() == [job_id]
