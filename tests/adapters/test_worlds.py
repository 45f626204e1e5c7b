"""Many worlds on one server: how a request finds its own, when one is made, and when one is dropped."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest

from mockkrea.adapters.door import Door
from mockkrea.app import OPEN
from mockkrea.data import Fixtures
from mockkrea.settings import Settings
from mockkrea.tenant import Tenant
from mockkrea.worlds import DROPPED_REMEMBERED, IDLE_S
from tests.asking import ADA, FLUX, IMMEDIATE, KEY, URL, Json, Krea, MakeKrea
from tests.real_time import RealTime

BOB = "mk_bob:anything"

NAMES = ["a", "A", "x" * 64, "a.b", "...", "-", "_", "0", "Test-1_b.c"]
NO_NAMES = ["", ".", "..", "x" * 65, "a b", "ü", "a:b", "a\nb", "a%2e", "*"]


def made(krea: Krea) -> list[str]:
    """The names of all worlds but the default one."""
    return [each["name"] for each in krea.control("worlds")["items"][1:]]


def make(krea: Krea, name: str, **rest: Json) -> Json:
    """Make a world through the control API; what it answers."""
    return krea.control("worlds", {"name": name} | rest)


def in_world(krea: Krea, name: str, path: str, body: Json = None, **rest: Json) -> Json:
    """A control call in a world that is obeyed."""
    method, content = ("GET", {}) if body is None else ("POST", {"json": body})
    answer = krea.ask(method, f"/w/{name}/__mockkrea/{path}", key=None, **content, **rest)
    assert answer.status_code == 200, answer.text
    return answer.json()


def job_url(krea: Krea, base: str, key: str, **rest: Json) -> str:
    """Where the result of a new job lies, as a client under this base path is told."""
    answer = krea.ask("POST", f"{base}/generate/{FLUX}", key=key, json={"prompt": "a fox"}, **rest)
    assert answer.status_code == 200, answer.text
    job = krea.get(f"{base}/jobs/{answer.json()['job_id']}", key=key, **rest).json()
    return str(job["result"]["urls"][0])


@pytest.mark.parametrize(("base", "key"), [("/w/bob", KEY), ("/w/bob", BOB), ("", BOB)])
def test_a_world_is_reached_by_its_path_or_by_its_key_alone(krea: Krea, base: str, key: str) -> None:
    make(krea, "bob")
    there = krea.ask("POST", f"/w/bob/generate/{FLUX}", json={"prompt": "x"}).json()["job_id"]

    assert [job["job_id"] for job in krea.get(f"{base}/jobs", key=key).json()["items"]] == [there]
    assert krea.listed() == []


@pytest.mark.parametrize(("base", "key"), [("/w/bob", KEY), ("/w/bob", BOB), ("", BOB)])
def test_every_url_handed_to_a_client_of_a_world_leads_back_into_it(
    make_krea: MakeKrea, base: str, key: str
) -> None:
    krea = make_krea(IMMEDIATE)

    url = job_url(krea, base, key)

    assert url.startswith(f"{URL}/w/bob/files/images/")
    assert krea.get(url, key=None).headers["content-type"] == "image/png"
    assert krea.get(url.replace("/w/bob", ""), key=None).status_code == 404


def test_the_default_world_is_at_the_root_and_has_a_name_as_well(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)

    assert job_url(krea, "", KEY).startswith(f"{URL}/files/")
    assert job_url(krea, "/w/default", KEY).startswith(f"{URL}/files/")
    assert job_url(krea, "", "mk_default:x").startswith(f"{URL}/files/")
    assert len(krea.listed()) == 3
    assert made(krea) == []


@pytest.mark.parametrize(
    ("base", "key"),
    [
        *(("/w/bob", "mk_alice:x"), ("/w/bob", "mk_bob"), ("/w/bob", "mk_bo:b"), ("/w/bob", "MK_bob:x")),
        *(
            ("/w/default", BOB),
            ("", "mk_:x"),
            ("", "mk_.:x"),
            ("", "mk_..:x"),
            ("", "mk_a b:x"),
            ("", "mk_a/b:x"),
        ),
        *(("", f"mk_{'x' * 65}:x"), ("", "xmk_bob:x"), ("", "mk_bob")),
    ],
)
def test_a_key_of_no_world_or_of_another_one_opens_nothing_and_makes_nothing(
    krea: Krea, base: str, key: str
) -> None:
    answer = krea.get(f"{base}/jobs", key=key)

    assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")
    assert made(krea) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_name_has_up_to_64_letters_digits_dots_and_dashes(krea: Krea, name: str) -> None:
    assert krea.get("/jobs", key=f"mk_{name}:x").status_code == 200
    assert krea.raw({"method": "GET", "path": f"/w/{name}/health"}, [])[0] == 200
    assert made(krea) == [name]


@pytest.mark.parametrize("name", NO_NAMES)
def test_any_other_name_is_refused_with_the_rule(krea: Krea, name: str) -> None:
    headers = [(b"authorization", b"Bearer mockkrea:dev")]

    status, body = krea.raw({"method": "GET", "path": f"/w/{name}/jobs", "headers": headers}, [])
    refused = krea.ask_control("worlds", {"name": name})

    assert (status, refused.status_code) == (404, 422)
    assert b"1 to 64 of the characters" in body
    assert "1 to 64 of the characters" in refused.json()["detail"]
    assert made(krea) == []


@pytest.mark.parametrize(
    "path", ["/w", "/w/", "/w/bob", "/w/bob/", "/w/bob/w/bob/jobs", "/w/bob/w/alice/jobs"]
)
def test_a_world_has_no_pages_that_krea_lacks_and_no_worlds_inside(krea: Krea, path: str) -> None:
    assert krea.get(path).status_code == 404
    assert made(krea) == []


def test_the_first_request_that_is_not_refused_makes_a_world(krea: Krea) -> None:
    assert krea.get("/jobs", key=BOB).status_code == 200
    assert krea.get("/w/alice/jobs").status_code == 200

    assert made(krea) == ["bob", "alice"]


REFUSED = [
    ("GET", "/jobs", {"key": "wrong"}, 401),
    ("GET", "/jobs", {"key": None}, 401),
    ("GET", "/jobs/5d0c8b1e-0000-4000-8000-000000000000", {}, 404),
    ("GET", "/jobs?limit=0", {}, 400),
    ("GET", "/models", {}, 404),
    ("POST", "/jobs", {}, 405),
    ("POST", f"/generate/{FLUX}", {"json": {}}, 422),
    ("POST", "/generate/image/no/model", {"json": {}}, 404),
    ("GET", "/files/images/x.png", {}, 404),
    ("GET", "/health", {}, 200),
    ("HEAD", "/health", {}, 200),
    ("GET", "/openapi.json", {}, 200),
    ("GET", "/__mockkrea/health", {}, 404),
    ("GET", "/__mockkrea/workspaces", {"key": BOB}, 404),
    ("POST", "/__mockkrea/clock", {"json": {"action": "freeze"}}, 404),
    ("POST", "/__mockkrea/reset", {"key": BOB}, 404),
    ("DELETE", "/__mockkrea/worlds", {}, 404),
]


@pytest.mark.parametrize(("method", "path", "rest", "status"), REFUSED)
def test_no_other_request_makes_a_world(
    krea: Krea, method: str, path: str, rest: dict[str, Json], status: int
) -> None:
    answer = krea.ask(method, f"/w/bob{path}", **rest)

    assert answer.status_code == status
    assert made(krea) == []


def test_every_path_that_is_not_open_asks_for_a_key_or_a_signature_so_that_only_clients_make_worlds(
    krea: Krea,
) -> None:
    patterns = [pattern for pattern in krea.app.routes if pattern[1:].partition("/")[0] not in OPEN]

    assert "/jobs" in patterns
    for pattern in patterns:
        asks_for = 403 if "/presigned" in pattern else 401
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            path = pattern.replace("{model...}", FLUX).replace("{", "").replace("}", "")
            status = asks_for if method in krea.app.routes[pattern] else 405
            assert krea.ask(method, path, key=None).status_code == status, f"{method} {pattern}"


def test_a_control_call_in_a_world_that_is_not_there_says_how_to_make_it(krea: Krea) -> None:
    answer = krea.ask("GET", "/w/bob/__mockkrea/clock", key=None)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert 'POST /__mockkrea/worlds {"name":"bob"} makes it' in answer.json()["detail"]


def test_what_a_world_says_of_itself_before_it_is_made_is_what_it_says_after(krea: Krea) -> None:
    before = krea.get("/w/bob/health").json()
    make(krea, "bob")

    assert krea.get("/w/bob/health").json() == before
    assert before["world"] == "bob"


def test_a_world_made_on_purpose_is_told_by_url_key_and_seed(krea: Krea) -> None:
    body = make(krea, "bob", seed=7)

    assert body == {
        "name": "bob",
        "url": f"{URL}/w/bob",
        "api_key": "mk_bob:dev",
        "seed": 7,
        "idle_seconds": 0,
    }
    assert krea.get("/jobs", key=body["api_key"]).status_code == 200
    assert in_world(krea, "bob", "health")["seed"] == 7
    assert krea.control("worlds")["items"][0] == {
        "name": "default",
        "url": URL,
        "api_key": KEY,
        "seed": 0,
        "idle_seconds": 0,
    }


def test_a_client_that_always_sends_its_key_can_make_its_own_world(krea: Krea) -> None:
    for base, name in (("", "bob"), ("/w/alice", "alice")):
        answer = krea.ask("POST", f"{base}/__mockkrea/worlds", key=f"mk_{name}:x", json={"name": name})

        assert (answer.status_code, answer.json()["url"]) == (200, f"{URL}/w/{name}")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"name": "bob"}, 409, "World bob is there already"),
        ({"name": "default"}, 409, "World default is there already"),
        ({}, 422, "/name"),
        ({"name": 7}, 422, "/name"),
        ({"name": "x", "seed": 2**53}, 422, "/seed"),
        ({"name": "x", "seed": 2**70}, 422, "/seed is beyond what a whole number may be, from -9"),
        ({"name": "x", "seed": "7"}, 422, "/seed"),
        ({"name": "x", "sed": 7}, 422, "did you mean seed"),
        ({"name": "x", "scenario": "a.yaml"}, 422, "scenario:1:1: this must be a mapping with name"),
    ],
)
def test_a_world_that_cannot_be_made_is_refused_and_none_is_made(
    krea: Krea, body: Json, status: int, words: str
) -> None:
    make(krea, "bob")

    refused = krea.ask_control("worlds", body)

    assert refused.status_code == status
    assert words in refused.json()["detail"]
    assert made(krea) == ["bob"]


@pytest.mark.parametrize(("base", "key"), [("/w/bob", None), ("", BOB)])
def test_a_world_is_dropped_by_the_call_that_names_it_and_begins_anew(
    krea: Krea, base: str, key: str | None
) -> None:
    krea.submit(key=BOB)
    make(krea, "alice")

    dropped = krea.ask("DELETE", f"{base}/__mockkrea/worlds", key=key)

    assert dropped.json() == {"name": "bob", "deleted": True}
    assert made(krea) == ["alice"]
    anew = krea.get("/jobs", key=BOB)
    assert anew.json()["items"] == []
    assert "x-mockkrea-world" not in anew.headers


def test_the_default_world_cannot_be_dropped(krea: Krea) -> None:
    krea.submit()
    make(krea, "bob")

    with krea.unchanged():
        refused = krea.ask("DELETE", "/__mockkrea/worlds", key=None)

    assert refused.status_code == 422
    assert "/w/NAME/__mockkrea/worlds" in refused.json()["detail"]
    assert made(krea) == ["bob"]


@pytest.mark.parametrize(
    ("path", "body", "look"),
    [
        ("clock", {"action": "freeze"}, "clock"),
        ("clock", {"action": "advance", "seconds": 60}, "clock"),
        ("clock", {"action": "speed", "speed": 10}, "clock"),
        (f"workspaces/{ADA}/grant", {"usd": 1}, "workspaces"),
        (f"workspaces/{ADA}/balance", {"usd": 1}, "workspaces"),
    ],
)
def test_a_control_call_changes_the_world_of_its_path_or_key_and_no_other(
    krea: Krea, path: str, body: Json, look: str
) -> None:
    fresh = krea.control(look)
    make(krea, "bob"), make(krea, "alice")

    in_world(krea, "bob", path, body)
    by_path = in_world(krea, "bob", look)
    krea.ask("POST", f"/__mockkrea/{path}", key="mk_alice:x", json=body)

    assert by_path != fresh
    assert in_world(krea, "alice", look) == by_path
    assert krea.control(look) == fresh


def test_a_reset_of_a_world_leaves_the_others_as_they_are(krea: Krea) -> None:
    jobs = [krea.submit(), krea.submit(key=BOB), krea.submit(key="mk_alice:x")]

    krea.ask("POST", "/__mockkrea/reset", key=BOB)

    assert krea.get("/jobs", key=BOB).json()["items"] == []
    assert krea.listed() == jobs[:1]
    assert [job["job_id"] for job in krea.get("/w/alice/jobs").json()["items"]] == jobs[2:]


def test_a_job_of_one_world_is_unknown_in_every_other(krea: Krea) -> None:
    job_id = krea.submit(key=BOB)

    assert krea.get(f"/jobs/{job_id}").status_code == 404
    assert krea.get(f"/w/alice/jobs/{job_id}").status_code == 404
    assert krea.ask("DELETE", f"/jobs/{job_id}").status_code == 404
    assert krea.get(f"/jobs/{job_id}", key=BOB).status_code == 200


def test_a_world_s_ids_come_from_the_server_s_seed_and_its_name(make_krea: MakeKrea) -> None:
    first, again, other_seed = make_krea(seed=1), make_krea(seed=1), make_krea(seed=2)

    bobs = [krea.submit(key=BOB) for krea in (first, again, other_seed)]
    first_s = {bobs[0], first.submit(key="mk_alice:x"), first.submit()}

    assert bobs[0] == bobs[1] != bobs[2]
    assert len(first_s) == 3


def test_a_given_seed_decides_a_world_s_ids_whatever_its_name(make_krea: MakeKrea) -> None:
    krea = make_krea(seed=5)
    make(krea, "bob", seed=5), make(krea, "alice", seed=5)

    assert krea.submit() == krea.submit(key=BOB) == krea.submit(key="mk_alice:x")


def test_worlds_begin_with_the_server_s_settings(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)

    job_id = krea.submit(key=BOB)

    assert krea.get(f"/jobs/{job_id}", key=BOB).json()["status"] == "completed"


def test_the_key_of_a_world_has_no_limits_until_the_control_api_sets_them(krea: Krea) -> None:
    for _ in range(60):
        krea.submit(key=BOB)
    in_world(krea, "bob", f"workspaces/{ADA}/limits", {"concurrency": 1, "backlog": 0})

    refused = krea.generate(FLUX, {"prompt": "x"}, key=BOB)

    assert refused.status_code == 429
    krea.submit(key="mk_alice:x"), krea.submit()


@pytest.fixture
def full(make_krea: MakeKrea) -> Krea:
    """A server that takes two worlds and has them, "old" and "young"."""
    krea = make_krea(worlds_max=2)
    krea.submit(key="mk_old:x")
    krea.submit(key="mk_young:x")
    return krea


@pytest.mark.parametrize("path", ["/jobs", "/health"])
def test_a_world_too_many_is_refused_while_none_has_been_idle_for_ten_minutes(full: Krea, path: str) -> None:
    full.real_time.pass_by(IDLE_S - 1)

    answer = full.get(f"/w/bob{path}")
    by_control = full.ask_control("worlds", {"name": "bob"})

    assert (answer.status_code, by_control.status_code) == (503, 503)
    assert "There may be 2 worlds besides the default one" in answer.json()["message"]
    assert "--max-worlds" in by_control.json()["detail"]
    assert made(full) == ["old", "young"]


def test_the_world_idle_longest_makes_room_for_another(full: Krea) -> None:
    full.real_time.pass_by(1)
    full.get("/jobs", key="mk_old:x")
    full.real_time.pass_by(IDLE_S)

    full.submit(key=BOB)

    assert made(full) == ["old", "bob"]


def test_a_refused_request_drops_no_world(full: Krea) -> None:
    full.real_time.pass_by(IDLE_S)

    assert full.get("/w/bob/jobs", key="wrong").status_code == 401
    assert full.get("/w/bob/files/images/x.png").status_code == 404
    assert made(full) == ["old", "young"]


@pytest.mark.parametrize("path", ["jobs", "health", "files/images/x.png", "__mockkrea/clock"])
def test_whatever_is_asked_of_a_world_keeps_it_from_being_dropped(full: Krea, path: str) -> None:
    full.real_time.pass_by(IDLE_S)
    full.get(f"/w/old/{path}")

    full.submit(key=BOB)

    assert made(full) == ["old", "bob"]


@pytest.mark.parametrize("how", ["dropped for being idle", "deleted", "never made"])
def test_a_world_that_goes_gives_back_the_bytes_of_its_uploads(full: Krea, how: str) -> None:
    if how == "never made":
        full.worlds.drop("young")
    with full.worlds.visit("bob" if how == "never made" else "old", may_begin=True) as visited:
        with visited.tenant.blobs.writer() as blob:
            blob.write(b"an upload")
        path = visited.tenant.blobs._store.path(blob.sha256)
        assert path.exists()

    if how == "deleted":
        full.ask("DELETE", "/w/old/__mockkrea/worlds", key=None)
    if how == "dropped for being idle":
        full.real_time.pass_by(IDLE_S)
        full.submit(key="mk_young:x")
        full.submit(key=BOB)

    assert not path.exists()


def test_the_moved_clock_of_a_world_does_not_make_it_idle(full: Krea) -> None:
    in_world(full, "old", "clock", {"action": "advance", "seconds": 86_400})

    assert full.get("/jobs", key=BOB).status_code == 503


def test_a_dropped_world_starts_over_with_a_header_and_a_line_in_the_log(
    full: Krea, caplog: pytest.LogCaptureFixture
) -> None:
    full.real_time.pass_by(IDLE_S)
    full.submit(key=BOB)
    full.real_time.pass_by(IDLE_S)

    with caplog.at_level(logging.WARNING, "mockkrea"):
        refused = full.get("/w/old/jobs", key="wrong")
        anew = full.get("/w/old/jobs")
        later = full.get("/w/old/jobs")

    assert (refused.status_code, refused.headers["x-mockkrea-world"]) == (401, "restarted")
    assert (anew.json()["items"], anew.headers["x-mockkrea-world"]) == ([], "restarted")
    assert "x-mockkrea-world" not in later.headers
    assert caplog.messages == ["World old was idle and had been dropped; it starts over."]


def test_a_control_call_to_a_dropped_world_says_what_became_of_it(full: Krea) -> None:
    full.real_time.pass_by(IDLE_S)
    full.submit(key=BOB)

    answer = full.ask("GET", "/w/old/__mockkrea/workspaces", key=None)

    assert answer.status_code == 404
    assert "it was idle and was dropped" in answer.json()["detail"]


def test_a_server_may_be_told_to_have_the_default_world_only(make_krea: MakeKrea) -> None:
    krea = make_krea(worlds_max=0)

    assert krea.get("/jobs", key=BOB).status_code == 503
    assert krea.get("/jobs").status_code == 200


def test_the_names_of_dropped_worlds_are_not_remembered_for_ever(make_krea: MakeKrea) -> None:
    krea = make_krea(worlds_max=1)
    for number in range(DROPPED_REMEMBERED + 2):
        krea.worlds.make(f"w{number}")
        krea.real_time.pass_by(IDLE_S)

    assert "x-mockkrea-world" not in krea.get("/w/w0/health").headers
    assert krea.get("/w/w1/health").headers["x-mockkrea-world"] == "restarted"


def test_first_requests_that_overlap_share_the_world_and_no_job_is_lost(krea: Krea) -> None:
    """One is still sending its body when another comes and goes."""
    late_body = [{"type": "http.request", "body": b'{"prompt":', "more_body": True}]

    def overlapping() -> Iterator[Json]:
        yield from late_body
        with krea.worlds.visit("bob", may_begin=True) as visited:
            first.append(visited.tenant)
        yield {"type": "http.request", "body": b' "late"}', "more_body": False}

    first: list[Tenant] = []
    headers = [(b"authorization", b"Bearer mk_bob:x"), (b"content-type", b"application/json")]
    status, _ = krea.raw({"headers": headers}, overlapping())

    assert status == 200
    assert len(krea.get("/jobs", key=BOB).json()["items"]) == 1
    with krea.worlds.visit("bob", may_begin=False) as visited:
        assert visited.tenant is first[0]


def test_a_world_is_not_made_on_purpose_while_its_first_request_is_under_way(krea: Krea) -> None:
    with krea.worlds.visit("bob", may_begin=True):
        assert krea.ask_control("worlds", {"name": "bob"}).status_code == 409

    make(krea, "bob")


def test_a_world_with_a_request_under_way_is_not_dropped(full: Krea) -> None:
    with full.worlds.visit("old", may_begin=False):
        full.real_time.pass_by(IDLE_S)
        full.submit(key=BOB)

        assert made(full) == ["old", "bob"]


def test_beyond_loopback_only_the_control_api_makes_worlds(make_krea: MakeKrea) -> None:
    krea = make_krea(door=Door(beyond_loopback=True))

    for answer in (krea.get("/jobs", key=BOB), krea.get("/w/bob/jobs"), krea.get("/w/bob/health")):
        assert answer.status_code == 404
        assert "POST /__mockkrea/worlds" in answer.json()["message"]
    make(krea, "bob")
    assert krea.get("/jobs", key=BOB).status_code == 200


def test_a_fresh_world_shares_all_that_never_changes_and_is_a_few_dozen_objects(fixtures: Fixtures) -> None:
    """A thousand of them have to fit; benchmarks/ has the figures."""
    real_time = RealTime()
    settings = Settings()
    Tenant(fixtures, settings, seed=0, real_us=real_time)
    gc.collect()
    before = len(gc.get_objects())

    worlds = [Tenant(fixtures, settings, seed=seed, real_us=real_time) for seed in range(100)]

    assert (len(gc.get_objects()) - before) / 100 < 120
    assert all(world.catalogue is fixtures.catalogue for world in worlds)
    assert all(world.validation is fixtures.validation for world in worlds)
