"""What a scenario says is what its world begins with, and what a reset returns to."""

import json

import pytest

from mockkrea.core.money import Unit
from mockkrea.core.workspaces import Role, TokenKind
from mockkrea.data import Fixtures
from mockkrea.scenario.format import json_schema
from mockkrea.scenario.loading import load_scenario, scenario_defaults
from mockkrea.scenario.reading import Scenario, read_scenario
from mockkrea.scenario.source import SIZE_BYTES_MAX
from tests.asking import FLUX, KREA_2, KREA_2_BODY, Krea
from tests.real_time import BEGINNING

STUDIO = """
name: small-studio
clock: {mode: frozen, at: 2027-01-02T03:04:05Z}
settings: {progression: immediate, error_keys: message}
workspaces:
  - {id: studio, plan: pro, usd: 0.05, compute_units: 7, members: [ada, {person: eve, role: viewer}],
     tokens: ["mockkrea:dev", {secret: "eve:usage", person: eve, kind: service}]}
"""


def read(fixtures: Fixtures, *texts: str) -> Scenario:
    named = {f"{number}.yaml": text for number, text in enumerate(texts)}
    return read_scenario(named, scenario_defaults(fixtures))


def begin(krea: Krea, text: str) -> None:
    answer = krea.ask("POST", "/__mockkrea/scenario", key=None, content=text.encode())
    assert answer.status_code == 200, answer.text


def test_a_world_begins_as_its_scenario_says_and_returns_to_that_at_a_reset(krea: Krea) -> None:
    begin(krea, STUDIO)
    for _ in range(2):
        assert [each["id"] for each in krea.control("workspaces")["items"]] == ["studio"]
        assert krea.usd("studio") == {"balance": 0.05, "held": 0, "available": 0.05}
        assert krea.control("clock") == {"now": "2027-01-02T03:04:05.000Z", "mode": "frozen", "speed": 1}
        assert krea.control("settings")["progression"] == "immediate"
        assert krea.control("health")["seed"] == 0

        assert krea.job(krea.submit())["status"] == "completed"
        assert set(krea.generate(FLUX, {}).json()) == {"message", "issues"}
        krea.clock("advance", seconds=60)

        krea.control("reset", {})


def test_members_and_tokens_are_those_of_the_scenario(fixtures: Fixtures) -> None:
    setup = read(fixtures, STUDIO).setup

    assert setup.workspaces["studio"].roles == {"ada": Role.OWNER, "eve": Role.VIEWER}
    assert (setup.people["ada"].name, setup.people["eve"].name) == ("Ada", "Eve")
    assert {person.default_workspace_id for person in setup.people.values()} == {"studio"}
    assert setup.default_key == "mockkrea:dev"
    assert (setup.tokens["eve:usage"].person_id, setup.tokens["eve:usage"].kind) == ("eve", TokenKind.SERVICE)


def test_what_a_workspace_does_not_say_it_has_from_the_fresh_one_of_its_id(fixtures: Fixtures) -> None:
    setup = read(fixtures, "workspaces: [{id: ada-personal, usd: 1}]").setup
    fresh = fixtures.setup

    assert setup.workspaces == {"ada-personal": fresh.workspaces["ada-personal"]}
    assert setup.default_key == fresh.default_key
    assert setup.grants["ada-personal"] == {**fresh.grants["ada-personal"], Unit.USD: 1_000_000}


def test_a_scenario_over_another_changes_what_it_names_and_adds_its_rules(fixtures: Fixtures) -> None:
    above = """
        settings: {speed: 2}
        workspaces: [{id: studio, usd: 2}, {id: lab, usd: 3}]
        expect: [{jobs: {count: 0}}]
    """
    scenario = read(fixtures, STUDIO, above, "name: three\nexpect: [{jobs: {at_most: 1}}]")

    assert scenario.name == "three"
    assert scenario.settings == {"progression": "immediate", "error_keys": "message", "speed": 2}
    assert {id: grants[Unit.USD] for id, grants in scenario.setup.grants.items()} == {
        "studio": 2_000_000,
        "lab": 3_000_000,
    }
    assert list(scenario.setup.workspaces["studio"].roles) == ["ada", "eve"]
    assert scenario.expected == [{"jobs": {"count": 0}}, {"jobs": {"at_most": 1}}]


def test_sessions_and_rules_of_layers_go_on(fixtures: Fixtures) -> None:
    rules = "webhooks: {faults: [{when: {nth: 1}, then: {webhook: duplicate}}]}"
    below = f"oauth: {{code_life: 1m, sessions: [{{access_token: a}}]}}\n{rules}"
    above = f"oauth: {{code_life: 2m, sessions: [{{access_token: b}}]}}\n{rules}"

    scenario = read(fixtures, below, above)

    assert [session.access_token for session in scenario.setup.sessions] == ["a", "b"]
    assert scenario.setup.lives.code_us == 120_000_000
    assert len(scenario.rules) == 2


def test_rules_under_webhooks_are_about_webhooks_without_saying_so(krea: Krea) -> None:
    begin(krea, "webhooks: {faults: [{when: {model: video/**}, then: {webhook: duplicate}}]}")

    [rule] = krea.control("faults")["items"]
    assert rule["when"] == {"adapter": "webhook", "model": "video/**"}


def test_models_are_overridden_added_and_deprecated(krea: Krea) -> None:
    begin(
        krea,
        """
        clock: {at: 2026-11-22T10:00:00Z}
        models:
          override: {image/krea/krea-2/medium: {usd: 0.5}}
          add: {image/acme/dreamer: {like: image/bfl/flux-1-dev, name: Dreamer, usd: 0.25}}
          deprecate: {video/google/veo-3.1: {sunset: 2026-11-20}}
        """,
    )

    assert krea.generate(KREA_2, KREA_2_BODY).status_code == 200
    krea.submit("image/acme/dreamer")
    assert krea.usd()["held"] == 0.75
    assert krea.generate("video/google/veo-3.1", {"prompt": "x"}).status_code == 410


def test_a_plan_lacks_the_models_that_the_scenario_takes_from_it(krea: Krea) -> None:
    begin(krea, "workspaces: [{id: ada-personal, excluded_models: [image/bfl/**]}]")

    assert krea.generate(FLUX, {"prompt": "x"}).status_code == 402
    assert krea.generate(KREA_2, KREA_2_BODY).status_code == 200


def test_a_scenario_that_is_wrong_changes_nothing(krea: Krea) -> None:
    begin(krea, STUDIO)

    with krea.unchanged():
        answer = krea.ask("POST", "/__mockkrea/scenario", key=None, content=b"name: x\nsede: 1\nseed: y")

    assert answer.status_code == 422
    assert answer.json()["detail"].splitlines() == [
        'scenario:2:1: unknown key "sede"; did you mean "seed"?',
        "scenario:3:7: seed must be a whole number from -9,007,199,254,740,991"
        ' to 9,007,199,254,740,991; it is "y".',
    ]
    assert krea.control("scenario")["name"] == "small-studio"


BAD = {
    "cyclic": "name: x\nsteps: &all [*all]",
    "huge": "name: " + "x" * SIZE_BYTES_MAX,
    "duplicate": '{"name": "x", "name": "y"}',
    "switch": "clock: {mode: on}",
    "ratio": "seed: 16:9",
    "unit": "steps: [{advance: 5 minutes}]",
    "zone": "clock: {at: 2026-11-22T10:00:00}",
    "debt": "workspaces: [{id: studio, usd: -1}]",
    "negative price": "models: {override: {image/bfl/flux-1-dev: {usd: -1}}}",
    "endless price": "models: {override: {image/bfl/flux-1-dev: {usd: 1e999999999}}}",
    "pattern": 'models: {override: {image/bfl/flux-1-dev: {fields: {prompt: "text /(/"}}}}',
    "many rules": json.dumps(
        {
            "jobs": [{"when": {"nth": each}, "then": {"seconds": 1}} for each in range(1, 502)],
            "faults": [{"when": {"nth": each}, "then": {"status": 500}} for each in range(1, 501)],
        }
    ),
    "contradiction": "faults: [{then: {connection: reset, status: 500}}]",
}


@pytest.mark.parametrize("kind", BAD)
def test_whatever_is_wrong_with_a_scenario_the_world_stays_as_it_was(krea: Krea, kind: str) -> None:
    begin(krea, STUDIO)

    with krea.unchanged():
        answer = krea.ask("POST", "/__mockkrea/scenario", key=None, content=BAD[kind].encode())

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("scenario:")
    assert krea.control("scenario")["name"] == "small-studio"


def test_a_world_without_scenario_tells_of_an_empty_one(krea: Krea) -> None:
    assert krea.control("scenario") == {"name": "", "description": "", "files": [], "scenario": {}}


@pytest.mark.parametrize(
    "given", ["plan-required", "name: plan-required\nseed: 5", {"name": "plan-required", "seed": 5}]
)
def test_a_further_world_may_have_a_scenario_of_its_own(krea: Krea, given: object) -> None:
    krea.control("worlds", {"name": "alice", "scenario": given})

    told = krea.ask("GET", "/w/alice/__mockkrea/scenario", key=None).json()
    assert told["name"] == "plan-required"
    assert krea.control("scenario")["name"] == ""


def test_an_unknown_ready_made_scenario_is_refused_with_the_nearest(krea: Krea) -> None:
    answer = krea.ask_control("worlds", {"name": "alice", "scenario": "plan-requird"})

    assert answer.status_code == 422
    assert 'did you mean the ready-made scenario "plan-required"?' in answer.json()["detail"]
    assert len(krea.control("worlds")["items"]) == 1


def test_the_scenario_of_the_server_is_every_worlds(krea: Krea, fixtures: Fixtures) -> None:
    krea.worlds.begin_all(load_scenario(["plan-required"], scenario_defaults(fixtures)))
    krea.submit(key="mk_alice:dev")
    krea.control("worlds", {"name": "bob", "scenario": "wrong-meter"})

    krea.worlds.begin_all(read(fixtures, STUDIO))

    names = {tenant.name: tenant.scenario and tenant.scenario.name for tenant, _ in krea.worlds.made()}
    assert names == {"alice": "small-studio", "bob": "wrong-meter"}
    assert krea.control("scenario")["name"] == "small-studio"


def test_without_a_time_the_world_begins_at_the_real_present(krea: Krea) -> None:
    begin(krea, "clock: {mode: frozen}")

    assert krea.control("clock")["now"] == BEGINNING


def test_the_document_of_the_control_api_has_the_body_of_a_scenario(krea: Krea) -> None:
    document = krea.ask("GET", "/__mockkrea/openapi.json", key=None).json()

    body = document["paths"]["/__mockkrea/scenario"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == json_schema()
    assert "text/plain" in body["content"]


def test_rules_and_expectations_may_be_about_trainings_and_apps(krea: Krea) -> None:
    begin(
        krea,
        """
        jobs: [{when: {model: "node-apps/**"}, then: {seconds: 8}}]
        faults: [{when: {model: "styles/train/*"}, then: {status: 503}}]
        expect: [{jobs: {model: "node-apps/**", none: true}}]
        """,
    )

    assert krea.ask("POST", "/styles/train", json={}).status_code == 503


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_beginning_with_no_scenario_at_all_is_refused_and_changes_nothing(krea: Krea, body: bytes) -> None:
    krea.submit()

    with krea.unchanged():
        assert krea.post("/__mockkrea/scenario", body).status_code == 400


def test_the_name_of_a_scenario_may_be_a_json_string(krea: Krea) -> None:
    answer = krea.post("/__mockkrea/scenario", b'"plan-required"', key=None)

    assert (answer.status_code, answer.json()["name"]) == (200, "plan-required")
