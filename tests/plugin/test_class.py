"""`mockkrea.serve()` and the class behind it: a mock in the test's own process."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

import mockkrea
from mockkrea.core.errors import InvalidChange, InvalidRule, MockKreaError
from mockkrea.core.jobs import JobError
from mockkrea.testing import Krea, MockServer
from tests.asking import ADA, FLUX, FLUX_USD, LIN

REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"


def generate(client: httpx.Client, model: str = FLUX, **body: object) -> httpx.Response:
    return client.post(f"/generate/{model}", json={"prompt": "a fox"} | body)


def test_serve_gives_a_mock_that_answers_clients_until_the_block_ends() -> None:
    with mockkrea.serve() as krea:
        answer = httpx.get(f"{krea.url}/health", trust_env=False)
        assert answer.json()["status"] == "ok"
        assert krea.api_key == "mockkrea:dev"

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{krea.url}/health", trust_env=False)


def test_a_mock_whose_block_has_ended_says_so() -> None:
    with mockkrea.serve() as krea:
        pass

    with pytest.raises(RuntimeError, match="This mock is closed"):
        krea.jobs()


def test_a_mock_can_be_started_and_stopped_without_a_block() -> None:
    krea = mockkrea.serve()
    assert repr(krea) == "<mockkrea, not started>"

    assert krea.start() is krea is krea.start()
    first_url = krea.url
    krea.submit(FLUX, prompt="a fox")
    krea.stop()
    krea.stop()

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{first_url}/health", trust_env=False)
    with pytest.raises(RuntimeError, match="This mock is closed"):
        krea.jobs()
    with krea:
        assert krea.jobs() == []


def test_a_mock_that_was_not_started_says_what_to_call() -> None:
    krea = mockkrea.serve()

    krea.stop()

    with pytest.raises(AttributeError, match=r"not started: call start\(\) first"):
        krea.submit(FLUX, prompt="a fox")
    with pytest.raises(AttributeError, match=r"not started"):
        _ = krea.url


def test_a_name_that_a_started_mock_does_not_have_is_an_attribute_error() -> None:
    with mockkrea.serve() as krea, pytest.raises(AttributeError, match="no attribute 'jbos'"):
        krea.jbos()  # type: ignore[attr-defined]


def test_a_mock_that_nobody_holds_any_more_ends() -> None:
    before = {*threading.enumerate()}
    krea = mockkrea.serve().start()
    url = krea.url
    [thread] = {*threading.enumerate()} - before

    del krea

    thread.join(30)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health", trust_env=False)


def test_serving_sets_no_variable_and_names_those_that_lead_there() -> None:
    before = dict(os.environ)

    with mockkrea.serve() as krea:
        assert dict(os.environ) == before
        assert krea.env["KREA_BASE_URL"] == krea.url


@pytest.mark.parametrize(
    "end", ["", "krea.stop()", "del krea", "sys.exit(0)", "krea = [krea]; krea.append(krea)"]
)
def test_a_process_that_ends_says_nothing_of_its_mock(end: str) -> None:
    lines = [
        "import sys, urllib.request, mockkrea",
        "krea = mockkrea.serve().start()",
        # A picture is drawn in a thread of the pool.
        'urllib.request.urlopen(krea.submit("bfl/flux-1-dev", prompt="a fox").urls[0]).read()',
        end,
    ]

    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_worker_of_a_mock_may_be_the_one_that_collects_it() -> None:
    program = """
import asyncio, gc, mockkrea
krea = mockkrea.serve().start()
run = krea._server.reach.run
krea.circle = krea
gc.disable()
del krea
run(asyncio.to_thread(gc.collect))
"""

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)

    assert (ran.returncode, ran.stderr) == (0, b"")


def test_the_example_in_the_reference_runs_and_names_every_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    section = REFERENCE.read_text("utf-8").partition("## In Python")[2].partition("\n## ")[0]
    [code] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    monkeypatch.setattr(os, "environ", dict(os.environ))

    names: dict[str, Any] = {}
    exec(code, names)

    assert os.environ["KREA_BASE_URL"] == names["krea"].url
    last = section.partition("`serve` takes")[2]
    assert re.findall(r"`(\w+)`", last) == list(inspect.signature(mockkrea.serve).parameters)


def test_that_nobody_asks_for_an_old_path_can_be_verified(mock: Krea, client: httpx.Client) -> None:
    mock.requests.verify(path="/v1/**", none=True)

    assert client.get("/v1/jobs").status_code == 404

    with pytest.raises(
        AssertionError, match="expected no requests to /v1/\\*\\*, saw 1\n  GET /v1/jobs  404"
    ):
        mock.requests.verify(path="/v1/**", none=True)
    with pytest.raises(InvalidChange, match="with none: true it may be any path"):
        mock.requests.verify(path="/v1/**")


def test_a_taken_port_is_an_error_that_leaves_no_thread() -> None:
    before = threading.active_count()

    with mockkrea.serve() as krea:
        port = int(krea.url.rpartition(":")[2])
        told = f"port {port}: Address already in use; 0 is any free one"
        with pytest.raises(OSError, match=told), mockkrea.serve(port=port):
            pass

    assert threading.active_count() == before


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="serv_"):
        _ = mockkrea.serv_  # type: ignore[attr-defined]


def test_an_error_in_the_block_ends_the_server_too() -> None:
    with pytest.raises(ZeroDivisionError), mockkrea.serve() as krea:
        raise ZeroDivisionError

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{krea.url}/health", trust_env=False)


def test_jobs_complete_at_once_and_the_clock_stands_still(mock: Krea) -> None:
    before = mock.clock.now

    job = mock.submit("bfl/flux-1-dev", prompt="a fox")

    assert job.status == "completed"
    assert job.urls == [f"{mock.url}/files/images/{job.id}.png"]
    assert job.completed_at == job.created_at == mock.clock.now == before
    assert mock.clock.frozen


def test_a_submitted_job_is_one_that_clients_see_and_pays_its_price(mock: Krea, client: httpx.Client) -> None:
    job = mock.submit(FLUX, prompt="a fox")

    assert client.get(f"/jobs/{job.id}").json()["result"] == job.result
    assert job.price == FLUX_USD
    assert job.model == FLUX
    assert job.input["prompt"] == "a fox"
    assert client.get(job.urls[0]).headers["content-type"] == "image/png"
    assert mock.jobs() == [job] == [mock.job(job.id)]


def test_what_a_test_submits_is_no_request_and_meets_no_fault(mock: Krea) -> None:
    mock.next_error(500)

    assert mock.submit(FLUX, prompt="a fox").status == "completed"
    assert len(mock.requests) == 0


def test_a_job_can_take_the_result_of_another_one(mock: Krea) -> None:
    picture = mock.submit(FLUX, prompt="a fox").urls[0]

    job = mock.submit(FLUX, prompt="the same in blue", image_url=picture)

    assert str(job.input["image_url"]).startswith("/files/")


def test_a_test_can_submit_for_another_workspace_by_its_key(mock_server: MockServer) -> None:
    krea = mock_server.default

    krea.submit(FLUX, prompt="a fox", api_key="mockkrea:lin")

    assert krea.workspace(LIN).usd.spent == FLUX_USD


def test_a_body_that_the_model_does_not_take_is_refused_in_a_sentence(mock: Krea) -> None:
    with pytest.raises(MockKreaError, match="did you mean prompt"):
        mock.submit(FLUX, promt="a fox")


def test_a_long_job_ends_when_the_clock_comes_there(mock_server: MockServer) -> None:
    krea = mock_server.world("slow", progression="time")
    job = krea.submit("video/google/veo-3.1", prompt="waves")
    assert (job.status, job.result, job.urls, job.completed_at) == ("queued", None, [], None)

    krea.clock.run_until(job)

    assert job.status == "completed"
    assert job.completed_at == krea.clock.now > job.created_at


def test_waiting_for_a_job_moves_the_clock_to_its_end(mock_server: MockServer) -> None:
    krea = mock_server.world("slow", progression="time")

    assert krea.submit(FLUX, prompt="a fox").wait().status == "completed"


def test_the_clock_is_moved_by_texts_numbers_and_timedeltas(mock: Krea) -> None:
    began = mock.clock.now

    mock.clock.advance("2h")
    mock.clock.advance(0.5)
    mock.clock.advance(timedelta(minutes=1))
    assert mock.clock.now - began == timedelta(hours=2, seconds=60.5)

    mock.clock.run_until(datetime(2100, 1, 1, 0, 0, 0, 7, tzinfo=UTC))
    assert mock.clock.now == datetime(2100, 1, 1, 0, 0, 0, 7, tzinfo=UTC)
    mock.clock.run_until("2100-01-02T00:00:00Z")
    assert mock.clock.now == datetime(2100, 1, 2, tzinfo=UTC)


def test_the_clock_runs_when_it_is_resumed_and_stands_when_it_is_frozen(mock: Krea) -> None:
    began = mock.clock.now

    mock.clock.resume()
    assert any(mock.clock.now > began for _ in range(1000))
    assert not mock.clock.frozen

    mock.clock.freeze()
    stopped = mock.clock.now
    assert all(mock.clock.now == stopped for _ in range(10))
    assert mock.clock.frozen


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        ("2 hours", "'2 hours' is not a duration such as 2h"),
        (float("nan"), "a number is seconds"),
        (-1, "cannot go backwards"),
    ],
)
def test_a_move_of_the_clock_that_cannot_be_is_refused_in_a_sentence(
    mock: Krea, by: str | float, sentence: str
) -> None:
    with pytest.raises(MockKreaError, match=sentence):
        mock.clock.advance(by)


@pytest.mark.parametrize(
    ("until", "sentence"),
    [("tomorrow", "until must be a time"), (datetime(2100, 1, 1), "has no time zone")],
)
def test_a_moment_that_is_none_is_refused_in_a_sentence(
    mock: Krea, until: str | datetime, sentence: str
) -> None:
    with pytest.raises(MockKreaError, match=sentence):
        mock.clock.run_until(until)


def test_a_test_ends_jobs_the_way_it_wants(mock_server: MockServer) -> None:
    krea = mock_server.world("slow", progression="time")
    failed, cancelled, completed = (krea.submit(FLUX, prompt="a fox") for _ in range(3))

    failed.fail("nsfw", "Not that.")
    cancelled.cancel()
    completed.complete({})

    assert failed.status == "failed"
    assert failed.error == JobError("nsfw", "Not that.")
    assert cancelled.status == "cancelled"
    assert completed.result == {}
    assert krea.workspace().usd.spent == FLUX_USD


def test_a_job_cannot_fail_with_a_message_that_has_no_code(mock_server: MockServer) -> None:
    job = mock_server.world("slow", progression="time").submit(FLUX, prompt="a fox")

    with pytest.raises(InvalidChange, match="A message needs a code"):
        job.fail(message="Not that.")

    assert job.status == "queued"


def test_a_workspace_shows_its_meters_as_the_numbers_that_people_write(mock: Krea) -> None:
    workspace = mock.workspace()

    workspace.set_balance(usd="0.02", compute_units=Decimal(7))
    workspace.grant(usd=0.007, memo="top-up")

    assert workspace.id == ADA
    assert (workspace.name, workspace.plan) == ("Ada's workspace", "pro")
    assert workspace.usd == (0.027, 0, 0.027, 0)
    assert workspace.compute_units.balance == 7
    assert [(row.kind, row.amount, row.memo) for row in workspace.ledger()][-1] == ("grant", 0.007, "top-up")


def test_limits_that_a_test_sets_are_met_by_clients(mock: Krea, client: httpx.Client) -> None:
    mock.set(progression="time")
    mock.workspace().set_limits(concurrency=0, backlog=0)

    assert generate(client).status_code == 429


def test_names_that_are_misspelt_are_answered_with_the_nearest(mock: Krea) -> None:
    with pytest.raises(MockKreaError, match=r"Unknown workspace studoi\. Did you mean studio"):
        mock.workspace("studoi")
    with pytest.raises(MockKreaError, match=r"Unknown workspace studoi\. Did you mean studio"):
        mock.oauth.token(workspace="studoi")
    with pytest.raises(MockKreaError, match=r"Unknown person lni\. Did you mean lin"):
        mock.oauth.token(person="lni")
    with pytest.raises(MockKreaError, match=r"Unknown limit concurency\. Did you mean concurrency"):
        mock.workspace().set_limits(concurency=1)  # type: ignore[call-arg]
    with pytest.raises(MockKreaError, match=r"Unknown matcher or count pth\. Did you mean path"):
        mock.requests.verify(pth="/jobs")  # type: ignore[call-arg]
    with pytest.raises(MockKreaError, match=r"Unknown matcher metod\. Did you mean method"):
        mock.requests.verify_in_order({"metod": "GET"})  # type: ignore[typeddict-unknown-key]
    with pytest.raises(MockKreaError, match=r"^in_order is for verify_in_order\("):
        mock.requests.verify(in_order=[{"path": "/jobs"}])  # type: ignore[call-arg]
    with pytest.raises(MockKreaError, match=r"^Give each request as a mapping: verify_in_order\("):
        mock.requests.verify_in_order([{"path": "/jobs"}])  # type: ignore[arg-type]
    with pytest.raises(MockKreaError, match=r"^Give each request as a mapping"):
        mock.requests.verify_in_order()
    with pytest.raises(MockKreaError, match=r"^path must be a glob such as /generate/"):
        mock.requests.verify(path="jobs")
    with pytest.raises(MockKreaError, match=r"^Number 2: path must be a glob such as /generate/"):
        mock.requests.verify_in_order({"path": "/jobs"}, {"path": "jobs"})
    with pytest.raises(MockKreaError, match=r"Unknown setting progresion\. Did you mean progression"):
        mock.set(progresion="manual")
    with pytest.raises(MockKreaError, match='unknown key "pth"; did you mean "path"'):
        mock.faults.add(when={"pth": "/jobs"}, then={"status": 503})
    with pytest.raises(MockKreaError, match="Name an amount"):
        mock.workspace().grant()
    with pytest.raises(MockKreaError, match="no job"):
        mock.job("none")


def test_requests_are_found_counted_and_forgotten(mock: Krea, client: httpx.Client) -> None:
    generate(client, seed=1)
    generate(client, seed=2)
    client.get("/jobs")

    assert [seen.path for seen in mock.requests] == [f"/generate/{FLUX}"] * 2 + ["/jobs"]
    assert mock.requests.count(model="image/**") == 2
    assert mock.requests.count(path="/v1/**") == 0
    with pytest.raises(InvalidChange, match="There is no model"):
        mock.requests.count(model="image/bfl/flux-1-dv")
    with pytest.raises(InvalidRule, match="there is no workspace"):
        mock.faults.add(when={"workspace": "nobody"}, then={"status": 503})
    assert [seen.number for seen in mock.requests.find(body={"seed": 2})] == [2]
    mock.requests.verify(path="/generate/**", at_most=2)
    mock.requests.verify(status="2xx", at_least=3, at_most=4)
    assert mock.requests.count(status="4xx") == 0
    mock.requests.verify(method="DELETE", none=True)
    mock.requests.verify_in_order({"model": FLUX}, {"path": "/jobs"})
    mock.requests.clear()
    assert list(mock.requests) == []


def test_a_request_that_nobody_waited_for_was_made_all_the_same(mock: Krea, client: httpx.Client) -> None:
    mock.faults.add(when={"path": "/generate/**"}, then={"latency": "20s"})

    for number in (1, 2, 3):
        with pytest.raises(httpx.ReadTimeout):
            client.post(f"/generate/{FLUX}", json={"prompt": "a fox"}, timeout=0.2)
        mock.requests.verify(path="/generate/**", body={"prompt": "a fox"}, times=number)

    with pytest.raises(AssertionError, match="saw 3"):
        mock.requests.verify(path="/generate/**", none=True)
    assert mock.unexpected(frozenset({"4xx", "5xx"})) == []
    assert mock.tally().startswith("3 requests, no jobs")
    assert "pending" in "\n".join(mock.report())


def test_a_failed_verification_shows_the_closest_requests_and_what_differs(
    mock: Krea, client: httpx.Client
) -> None:
    generate(client, seed=1)

    with pytest.raises(AssertionError) as failure:
        mock.requests.verify(path="/generate/**", body={"seed": 2}, times=1)

    sentence, closest = str(failure.value).splitlines()
    assert sentence == 'expected 1 request to /generate/** with {"seed": 2}, saw none'
    assert "/body/seed: expected 2, was 1" in closest


def test_requests_out_of_order_fail_the_verification(mock: Krea, client: httpx.Client) -> None:
    client.get("/jobs")
    generate(client)

    with pytest.raises(AssertionError, match=r"2 of 2 in order"):
        mock.requests.verify_in_order({"model": FLUX}, {"path": "/jobs"})


def test_faults_meet_clients_until_they_are_taken_away(mock: Krea, client: httpx.Client) -> None:
    id = mock.faults.add(when={"path": "/jobs"}, then={"status": 503})
    assert client.get("/jobs").status_code == 503

    mock.faults.remove(id)
    assert client.get("/jobs").status_code == 200

    mock.faults.add(then={"status": 500}, times=1)
    mock.faults.clear()
    assert client.get("/jobs").status_code == 200


@pytest.mark.parametrize("rule", [{"when": "x"}, {"headers": "x"}])
def test_a_next_error_that_is_no_mapping_is_refused_in_a_sentence(mock: Krea, rule: dict[str, Any]) -> None:
    with pytest.raises(InvalidRule, match="must be a mapping"):
        mock.faults.next_error(503, **rule)


@pytest.mark.parametrize("rule", [{"when": "x", "then": {"status": 503}}, {"then": "x"}])
def test_a_rule_whose_parts_are_no_mappings_is_refused_in_a_sentence(
    mock: Krea, rule: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRule, match="must be a mapping"):
        mock.faults.add(**rule)


def test_the_next_error_comes_before_other_rules(mock: Krea, client: httpx.Client) -> None:
    mock.faults.add(then={"status": 500}, times=1)
    mock.next_error(503)

    assert [client.get("/jobs").status_code for _ in range(3)] == [503, 500, 200]


def test_the_next_error_comes_once_with_its_headers(mock: Krea, client: httpx.Client) -> None:
    mock.next_error(429, message="slower", headers={"Retry-After": "2"})

    answer = client.get("/jobs")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json()["message"] == "slower"
    assert client.get("/jobs").status_code == 200


def test_an_oauth_token_acts_for_its_workspace_until_it_expires(mock: Krea) -> None:
    def call(token: str) -> int:
        body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        return httpx.post(mock.mcp_url, json=body, headers=headers, trust_env=False, timeout=30).status_code

    tokens = mock.oauth.tokens(workspace="studio", person="lin", expires_in="10s")
    assert call(tokens.access_token) == 200
    mock.clock.advance("11s")
    assert call(tokens.access_token) == 401

    again = mock.oauth.token()
    assert mock.oauth.expire(again) == 1
    assert call(again) == 401
    assert mock.oauth.revoke() == 2


def test_a_legacy_session_for_a_workspace_is_refused(mock: Krea) -> None:
    with pytest.raises(MockKreaError, match="legacy"):
        mock.oauth.tokens(workspace="studio", legacy=True)


@contextmanager
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """Somebody who takes webhooks: where, and what came."""
    got: list[bytes] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Taker) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", got
        server.shutdown()
        thread.join()


def test_a_webhook_is_delivered_when_a_test_asks_for_it(mock: Krea) -> None:
    with receiver() as (url, got):
        job = mock.submit(FLUX, prompt="a fox", webhook_url=url)
        assert job.status == "completed"

        [webhook] = mock.webhooks.deliver()
        assert (webhook.url, webhook.status, webhook.body["job_id"]) == (url, "delivered", job.id)
        assert [attempt.status for attempt in webhook.attempts] == [200]

        mock.webhooks.resend(webhook.id)
        mock.clock.run_until("idle")
        assert len(got) == 2
        assert [each.status for each in mock.webhooks.deliveries()] == ["delivered"]


def test_settings_and_progression_hold_from_the_beginning_and_after_a_reset(mock_server: MockServer) -> None:
    krea = mock_server.world("mine", settings={"validation_status": 400}, progression="manual", seed=7)
    first = krea.submit(FLUX, prompt="a fox")
    assert first.status == "queued"

    krea.reset()

    assert krea.jobs() == []
    assert krea.clock.frozen
    assert krea.submit(FLUX, prompt="a fox") == first
    assert krea.seed == 7


def test_the_same_seed_gives_the_same_ids_and_another_seed_others(mock_server: MockServer) -> None:
    ids = [mock_server.world("one", seed=seed).submit(FLUX, prompt="a fox").id for seed in (0, 0, 1)]

    assert ids[0] == ids[1] != ids[2]


def test_a_world_begins_as_its_scenario_says_but_for_what_the_test_says(mock_server: MockServer) -> None:
    krea = mock_server.world("poor", scenario="api-balance-exhausted")
    running = mock_server.world("poor-too", scenario="api-balance-exhausted", frozen=False)

    assert krea.workspace().usd.balance == 0
    assert krea.clock.now == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert not running.clock.frozen


def test_a_scenario_that_wants_real_time_gets_it(mock_server: MockServer) -> None:
    scenario = {"clock": {"mode": "real"}, "settings": {"progression": "time"}}
    krea = mock_server.world("real", scenario=scenario)

    assert not krea.clock.frozen
    assert krea.submit(FLUX, prompt="a fox").status == "queued"


def test_scenarios_come_from_files_too_the_last_one_on_top(mock_server: MockServer, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("seed: 5\n", encoding="utf-8")

    krea = mock_server.world("both", scenario=["api-balance-exhausted", file])

    assert (krea.seed, krea.workspace().usd.balance) == (5, 0)


def test_keys_lie_over_files_like_any_layer(mock_server: MockServer) -> None:
    krea = mock_server.world("over", scenario=["api-balance-exhausted", {"seed": 6}])

    assert (krea.seed, krea.workspace().usd.balance) == (6, 0)
    with pytest.raises(MockKreaError, match=r'^scenario, layer 2:1:2: unknown key "sed"'):
        mock_server.world("wrong", scenario=["api-balance-exhausted", {"sed": 6}])


def test_what_a_scenario_expects_is_verified_when_a_test_asks(mock_server: MockServer) -> None:
    krea = mock_server.world("poor", scenario="api-balance-exhausted")

    with pytest.raises(AssertionError, match=r"expected 1 request to /generate/\*\*, saw none"):
        krea.verify()

    with httpx.Client(headers={"Authorization": f"Bearer {krea.api_key}"}, trust_env=False) as client:
        body = {"prompt": "a fox", "aspect_ratio": "16:9", "resolution": "1K"}
        client.post(f"{krea.url}/generate/image/krea/krea-2/medium", json=body)
    krea.verify()


def test_a_world_without_expectations_verifies_well(mock: Krea) -> None:
    mock.verify()


def test_a_workspace_that_is_not_there_approves_nobody(mock_server: MockServer) -> None:
    with pytest.raises(
        MockKreaError, match='auto_approve: there is no workspace "stduio"; did you mean "studio"'
    ):
        mock_server.world("odd", settings={"auto_approve": "stduio"})

    assert mock_server.world("fine", settings={"auto_approve": "studio"}).url


def test_a_wrong_setting_is_refused_before_the_world_is_there(mock_server: MockServer) -> None:
    with pytest.raises(MockKreaError, match="Did you mean progression"):
        mock_server.world("odd", settings={"progresion": "time"})

    assert httpx.get(f"{mock_server.url}/w/odd/__mockkrea/clock", trust_env=False).status_code == 404


def test_a_dropped_world_is_gone_and_dropping_it_again_changes_nothing(mock_server: MockServer) -> None:
    krea = mock_server.world("gone")

    mock_server.drop(krea)
    mock_server.drop(krea)

    assert httpx.get(f"{krea.url}/__mockkrea/clock", trust_env=False).status_code == 404


def test_the_report_tells_of_requests_near_misses_open_jobs_and_money(
    mock_server: MockServer,
) -> None:
    krea = mock_server.world("told", progression="time")
    with httpx.Client(
        base_url=krea.url, headers={"Authorization": f"Bearer {krea.api_key}"}, trust_env=False
    ) as client:
        generate(client)
        generate(client)
        generate(client, "image/bfl/flux-1-def")
        client.get("/job/5d0c2222-2222-4222-8222-222222222222")
        client.get("/nothing/like/it")
        client.get("/jobs/5d0c2222-2222-4222-8222-222222222222")
    httpx.get(f"{mock_server.url}/jobs", headers={"Authorization": "Bearer guessed"}, trust_env=False)

    lines = krea.report()

    assert lines[0] == '6 requests in world "told"'
    assert lines[2].endswith("(same body as 1)")
    assert "Did you mean image/bfl/flux-1-dev?" in lines.pop(4)
    assert lines[4].endswith("404  there is no such path; did you mean /jobs/{job_id}?")
    assert lines[5].endswith("404  there is no such path")
    assert lines[6].endswith("404  Job not found or unauthorized")
    assert lines[7] == "1 request past this world's url and key, to the one at the root:"
    assert lines[8].endswith("GET /jobs  401  Unauthorized")
    assert lines[9].endswith("  this world has no token guessed; its own is mockkrea:dev")
    assert lines[10] == "2 jobs open"
    assert lines[11].endswith(f"…  queued  {FLUX}")
    assert lines[13:] == ["ledger", f"  {ADA}: 0.014 USD held, 99.986 USD left"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "there is no Authorization header"),
        ({"X-API-Key": "mk_one"}, "the header x-api-key is not read"),
        ({"Authorization": "mk_one"}, "lacks Bearer before its token"),
        ({"Authorization": "Basic bWs="}, "is of another scheme"),
        ({"Authorization": "Bearer guessed"}, "this world has no token guessed; its own is mk_one"),
    ],
)
def test_the_report_says_why_a_token_was_not_taken(mock: Krea, headers: dict[str, str], reason: str) -> None:
    answer = httpx.get(f"{mock.url}/jobs", headers=headers, trust_env=False)

    assert answer.json()["message"] == "Unauthorized"
    assert reason in "\n".join(mock.report())


def test_the_report_says_that_rest_takes_no_oauth_token(mock: Krea, client: httpx.Client) -> None:
    client.get("/jobs", headers={"Authorization": f"Bearer {mock.oauth.token()}"})

    assert "this is an OAuth access token, which only /mcp takes" in "\n".join(mock.report())


def test_the_report_has_the_whole_sentence_of_a_refusal(mock: Krea, client: httpx.Client) -> None:
    body = {"prompt": 5, "aspect_ratio": "17:9", "seed": "seven", "colour": "red"}
    said = client.post("/generate/image/krea/krea-2/medium", json=body).json()["message"]

    head, *lines = mock.report()[1:-1]

    assert head.endswith("POST /generate/image/krea/krea-2/medium  422")
    assert " ".join(line.strip() for line in lines) == said


@pytest.mark.parametrize(
    "path",
    [f"/v1/generate/{FLUX}", f"/generates/{FLUX}", "/api/generate/image/bfl/flux-1-def"],
)
def test_the_report_knows_which_generation_was_meant(mock: Krea, client: httpx.Client, path: str) -> None:
    client.post(path, json={"prompt": "a fox"})

    assert f"did you mean /generate/{FLUX}?" in "\n".join(mock.report())


def test_the_report_shows_the_last_requests_of_many(mock: Krea, client: httpx.Client) -> None:
    for _ in range(12):
        client.get("/jobs")

    assert mock.report()[0].endswith("the last 10:")
    assert len(mock.report()) == 1 + 10 + 1
    assert mock.tally() == "12 requests, no jobs, no money moved"


def test_the_report_shows_some_of_many_open_jobs(mock_server: MockServer) -> None:
    krea = mock_server.world("busy", progression="time")
    for _ in range(12):
        krea.submit(FLUX, prompt="a fox")

    lines = krea.report()

    assert "12 jobs open" in lines
    assert "  …" in lines
    assert krea.tally().startswith("no requests, 12 jobs (12 queued), ")


def test_a_job_and_a_mock_show_in_a_traceback_what_they_are(mock: Krea) -> None:
    job = mock.submit(FLUX, prompt="a fox")

    assert repr(job) == f"<mockkrea job {job.id}>"
    assert len({job, mock.job(job.id)}) == 1
    assert repr(mock) == f"<mockkrea at {mock.url}>"
    assert repr(mock.workspace()) == f"<mockkrea workspace {ADA}>"


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("[[mock:402]]", "402: Your API balance is separate"),
        ("[[mock:503]]", "503: Service Unavailable"),
        ("[[mock:reset]]", r"The prompt breaks the connection \(reset\)"),
    ],
)
def test_a_magic_word_in_a_submission_says_what_a_client_would_get(
    mock: Krea, prompt: str, sentence: str
) -> None:
    with pytest.raises(MockKreaError, match=f"^{sentence}"):
        mock.submit(FLUX, prompt=prompt)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"seed": "abc"}, "seed must be a whole number from"),
        ({"seed": 1.5}, "seed must be a whole number from"),
        ({"seed": True}, "seed must be a whole number from"),
        ({"frozen": "no"}, "frozen must be True or False; it was 'no'."),
        ({"settings": ["a"]}, "settings must be a mapping"),
        ({"settings": ["a"], "progression": "time"}, "settings must be a mapping"),
        (
            {"settings": {"progression": "time"}, "progression": "immediate"},
            r"progression is given by itself and in settings; leave one of them out\.",
        ),
        ({"scenario": 3}, "scenario must be a file"),
        ({"scenario": [3]}, "scenario must be a file"),
        ({"port": 99999}, "port must be a whole number from 0, for any free one, to 65535; it was 99999."),
        ({"port": "5732"}, "port must be a whole number"),
    ],
)
def test_arguments_of_the_wrong_kind_are_refused_in_a_sentence(
    arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(MockKreaError, match=f"^{sentence}"), mockkrea.serve(**arguments):
        pass


def test_what_an_unnamed_scenario_expects_fails_with_a_name_all_the_same() -> None:
    scenario = {"expect": [{"requests": {"path": "/jobs"}}]}

    with mockkrea.serve(scenario=scenario) as krea, pytest.raises(AssertionError, match=r"^✗ the scenario\n"):
        krea.verify()


def test_a_mock_that_was_stopped_says_when_it_serves() -> None:
    krea = mockkrea.serve().start()
    krea.stop()

    with pytest.raises(RuntimeError, match=r"from start\(\) to stop\(\), inside its `with` block"):
        krea.requests.count()


def test_a_scenario_without_a_name_is_none() -> None:
    with pytest.raises(InvalidChange, match=r"^scenario must be a file, the name of"):
        mockkrea.serve(scenario="").start()
