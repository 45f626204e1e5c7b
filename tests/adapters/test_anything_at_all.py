"""Whatever is sent, mockkrea never makes a mistake of its own, and a refusal changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given
from hypothesis import strategies as st

from mockkrea.data import Fixtures, load_fixtures
from mockkrea.settings import Settings
from mockkrea.worlds import Worlds
from tests.asking import ADA, FLUX, KEY, KREA_2, KREA_2_BODY, TIMELESS, Json, Krea
from tests.real_time import RealTime

FIXTURES = load_fixtures()
AUTHORIZED = (b"authorization", f"Bearer {KEY}".encode())
JSON_TYPE = (b"content-type", b"application/json")

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["1K", "16:9", "png", "https://example.com/a.png", "data:image/png;base64,AAAA"])
)
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
MODELS = {
    model.id: sorted(model.input_schema["properties"])
    for model in FIXTURES.catalogue.models
    if model.sunset is None
}
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) | st.text(
    "ABCDEFGHIJ", min_size=1, max_size=8
)
KNOWN_PATHS = [
    "/jobs",
    "/jobs/x",
    "/health",
    f"/generate/{FLUX}",
    "/files/images/x",
    "/__mockkrea/clock",
    "/",
]
PATHS = (
    st.sampled_from(KNOWN_PATHS)
    | st.text(max_size=60).map("/{}".format)
    | st.builds("{}{}".format, st.sampled_from(KNOWN_PATHS), st.text(max_size=20))
)
HEADER_NAMES = (
    *("authorization", "accept", "content-type", "content-length", "range", "if-none-match", "if-range"),
    *("origin", "sec-fetch-site", "cookie", "expect", "x-webhook-url"),
)
HEADER_VALUES = ("Bearer mockkrea:dev", "application/json", "bytes=0-", "1", "*", '"x"')
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(HEADER_NAMES).map(str.encode),
        st.binary(max_size=30) | st.sampled_from(HEADER_VALUES).map(str.encode),
    ),
    max_size=5,
)
CONTROL_WORDS = (
    *("action", "seconds", "until", "speed", "usd", "compute_units", "memo", "concurrency", "backlog"),
    *("requests_per_minute", "status", "error", "result", "code"),
)
CONTROL_VALUES = (
    "freeze",
    "advance",
    "run_until",
    "speed",
    "next",
    "idle",
    "completed",
    "failed",
    "cancelled",
)
CONTROL_PATHS = (
    *("clock", "reset", f"workspaces/{ADA}/grant", f"workspaces/{ADA}/balance"),
    *(f"workspaces/{ADA}/limits", "jobs/JOB/outcome"),
)


@contextmanager
def fresh_krea(fixtures: Fixtures = FIXTURES) -> Iterator[Krea]:
    """A mock for one example."""
    with asyncio.Runner() as runner:
        real_time = RealTime()
        krea = Krea(Worlds(fixtures, Settings(), seed=0, real_us=real_time), real_time, runner)
        yield krea
        krea.close()


def answered(krea: Krea, scope: dict[str, Json], body: bytes = b"") -> int:
    """The status of an answer that is no mistake of mockkrea's; a refusal has changed nothing."""
    before = krea.state()
    status, _ = krea.raw(scope, [{"type": "http.request", "body": body, "more_body": False}] * 2)
    assert status < 500
    if status >= 400:
        assert krea.state() == before
    return status


@TIMELESS
@given(
    method=METHODS, path=PATHS, query=st.binary(max_size=60), headers=HEADERS, body=st.binary(max_size=200)
)
def test_random_requests_are_never_answered_with_a_mistake(
    method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    with fresh_krea() as krea:
        krea.submit()

        answered(krea, {"method": method, "path": path, "query_string": query, "headers": headers}, body)


@TIMELESS
@given(host=st.binary(max_size=30) | st.text("localhst127.0:[]@/#?\\%", max_size=20).map(str.encode))
def test_random_hosts_are_answered_or_refused_and_never_believed(host: bytes) -> None:
    with fresh_krea() as krea:
        scope = {"method": "GET", "path": "/health", "headers": [(b"host", host)]}

        assert answered(krea, scope) in (200, 421)


@TIMELESS
@given(query=st.dictionaries(st.sampled_from(["limit", "cursor", "status", "types"]), st.text(max_size=30)))
def test_random_queries_of_the_list_are_answered_or_refused(query: dict[str, str]) -> None:
    with fresh_krea() as krea:
        krea.submit()

        with krea.unchanged():
            assert krea.get("/jobs", params=query).status_code in (200, 400)


@TIMELESS
@given(data=st.data(), model=st.sampled_from(sorted(MODELS)))
def test_random_bodies_become_jobs_that_can_be_seen_or_change_nothing(
    data: st.DataObject, model: str
) -> None:
    fields = st.sampled_from(MODELS[model]) | st.text(max_size=8)
    likely = st.dictionaries(fields, VALUES, max_size=6)
    body = json.dumps(
        data.draw(likely | likely.map(lambda body: {"prompt": "a fox"} | body) | VALUES)
    ).encode()
    with fresh_krea() as krea:
        scope = {"path": f"/generate/{model}", "headers": [AUTHORIZED, JSON_TYPE]}

        status = answered(krea, scope, body)

        assert status in (200, 400, 410, 422)
        krea.clock("run_until", until="idle")
        assert len(krea.listed(status="completed")) == (status == 200)


@TIMELESS
@given(
    extra=st.dictionaries(st.text(max_size=8), VALUES, max_size=3),
    changed=st.sampled_from(sorted(KREA_2_BODY)),
)
def test_a_sound_body_with_something_random_in_it_is_refused_as_one_that_breaks_the_schema(
    extra: dict[str, Json], changed: str
) -> None:
    body = KREA_2_BODY | {f"_{name}": value for name, value in extra.items()} | {changed: 0}
    with fresh_krea() as krea:
        with krea.unchanged():
            answer = krea.generate(KREA_2, body)

        assert answer.status_code == 422
        assert {issue["path"] for issue in answer.json()["issues"]} >= {f"/{changed}"}


@TIMELESS
@given(
    path=st.sampled_from(CONTROL_PATHS),
    body=VALUES
    | st.dictionaries(st.sampled_from(CONTROL_WORDS), VALUES | st.sampled_from(CONTROL_VALUES), max_size=4),
)
def test_random_control_calls_are_obeyed_or_change_nothing(path: str, body: Json) -> None:
    with fresh_krea() as krea:
        job_id = krea.submit()
        scope = {"path": f"/__mockkrea/{path.replace('JOB', job_id)}", "headers": [JSON_TYPE]}

        answered(krea, scope, json.dumps(body).encode())

        # A random limit of requests may have been set.
        assert krea.get("/jobs").status_code in (200, 429)
        assert krea.control("workspaces")
        assert krea.control(f"workspaces/{ADA}/ledger")


@TIMELESS
@given(calls=st.lists(st.sampled_from(["submit", "cancel", "wait", "look", "freeze", "fail"]), max_size=12))
def test_the_same_calls_give_the_same_answers_in_two_worlds_of_one_seed(calls: list[str]) -> None:
    assert _transcript(calls) == _transcript(calls)


def _transcript(calls: list[str]) -> list[str]:
    with fresh_krea() as krea:
        for call in calls:
            newest = krea.listed(limit=1)
            if call == "submit":
                krea.submit()
            elif call == "wait":
                krea.real_time.pass_by(3)
            elif call == "freeze":
                krea.clock("freeze")
            elif call == "cancel" and newest:
                krea.cancel(newest[0])
            elif call == "fail" and newest:
                krea.ask_control(f"jobs/{newest[0]}/outcome", {"status": "failed"})
        return [krea.get("/jobs").text, krea.state().decode()]
