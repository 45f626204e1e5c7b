"""The authorization server as programs use it: metadata, registration, tokens, revocation, control calls."""

from __future__ import annotations

import pytest

from mockkrea import calls
from mockkrea.adapters import refusal_wire
from mockkrea.adapters.door import Door
from mockkrea.adapters.http import Request
from mockkrea.adapters.oauth import path_in_world
from mockkrea.calls import Caller
from mockkrea.core.errors import Unauthorized
from mockkrea.core.matching import Adapter
from mockkrea.core.money import Unit
from mockkrea.settings import Settings
from tests.asking import ADA, LIN, URL, Json, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.mcp.speaking import Speaker
from tests.oauth import AUTHORIZE, CALLBACK, REGISTER, REVOKE, TOKEN, VERIFIER, Agent, answer_in

RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"


@pytest.fixture
def agent(krea: Krea) -> Agent:
    return Agent(krea)


def caller_of(krea: Krea, token: str | None) -> Caller:
    return krea.run(calls.authenticate_mcp(krea.tenant, token))


def is_known(krea: Krea, token: str) -> bool:
    try:
        caller_of(krea, token)
    except Unauthorized:
        return False
    return True


def tokens_in(krea: Krea) -> list[str]:
    """All access tokens that there are, expired or not."""
    return krea.run(krea.tenant.look_up(lambda directory: list(directory.consents.access_tokens)))


# Metadata


@requirement("oauth:metadata")
@pytest.mark.parametrize("path", [RESOURCE, f"{RESOURCE}/mcp"])
def test_whoever_looks_for_the_protected_resource_is_sent_to_the_issuer(krea: Krea, path: str) -> None:
    body = krea.get(path, key=None).json()

    assert body["resource"] == f"{URL}/mcp"
    assert body["authorization_servers"] == [URL]


@requirement("oauth:endpoints")
@pytest.mark.parametrize("path", [SERVER, f"{SERVER}/mcp", OPENID, f"{OPENID}/mcp"])
def test_the_metadata_of_the_server_lies_wherever_clients_look(krea: Krea, path: str) -> None:
    body = krea.get(path, key=None).json()

    assert body["issuer"] == URL
    assert body["authorization_endpoint"] == URL + AUTHORIZE
    assert body["token_endpoint"] == URL + TOKEN
    assert body["registration_endpoint"] == URL + REGISTER
    assert body["revocation_endpoint"] == URL + REVOKE
    assert body["token_endpoint_auth_methods_supported"] == ["none"]
    assert body["code_challenge_methods_supported"] == ["S256"]
    assert body["authorization_response_iss_parameter_supported"] is True


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        (f"{RESOURCE}/w/a.b/mcp", f"/w/a.b{RESOURCE}/mcp"),
        (f"{SERVER}/w/team", f"/w/team{SERVER}"),
        (f"{OPENID}/w/team/mcp/", f"/w/team{OPENID}/mcp"),
        (f"{RESOURCE}/mcp", f"{RESOURCE}/mcp"),
        (f"{RESOURCE}/mcp/", f"{RESOURCE}/mcp"),
        (f"/mcp{OPENID}", f"{OPENID}/mcp"),
        (f"/w/team/mcp{OPENID}/", f"/w/team{OPENID}/mcp"),
        (f"/w/team{OPENID}", f"/w/team{OPENID}"),
        (f"/jobs{OPENID}", f"/jobs{OPENID}"),
        (f"{RESOURCE}/w/team/other", f"{RESOURCE}/w/team/other"),
        ("/w/team/mcp", "/w/team/mcp"),
    ],
)
def test_a_world_that_stands_behind_the_well_known_part_is_put_in_front(path: str, inside: str) -> None:
    assert path_in_world(path) == inside


# Where clients look for what protects a server and what an authorization server can do: the official SDKs
# in TypeScript and Python try the well-known part before the path, OpenID's behind it, and then the root.
PLACES = ["{what}", "{what}/mcp", "{what}/mcp/", "/mcp{what}"]
PLACES_OF_WORLDS = [
    "{what}/w/team",
    "{what}/w/team/mcp",
    "/w/team{what}",
    "/w/team{what}/mcp",
    "/w/team/mcp{what}",
]


@requirement("oauth:metadata")
@pytest.mark.parametrize("what", [RESOURCE, SERVER, OPENID])
@pytest.mark.parametrize("place", PLACES + PLACES_OF_WORLDS)
def test_metadata_say_the_same_wherever_a_client_looks_and_make_no_world(
    krea: Krea, what: str, place: str
) -> None:
    base_url = f"{URL}/w/team" if place in PLACES_OF_WORLDS else URL

    answer = krea.get(place.format(what=what), key=None)

    assert answer.status_code == 200, answer.text
    if what == RESOURCE:
        assert answer.json()["resource"] == f"{base_url}/mcp"
        assert answer.json()["authorization_servers"] == [base_url]
    else:
        assert answer.json()["issuer"] == base_url
        assert answer.json()["token_endpoint"] == base_url + TOKEN
    assert [each["name"] for each in krea.control("worlds")["items"]] == ["default"]


@pytest.mark.parametrize("path", [RESOURCE, SERVER, REGISTER, TOKEN, REVOKE])
def test_pages_of_any_origin_may_talk_to_the_endpoints_for_programs(krea: Krea, path: str) -> None:
    asked = {"Origin": "http://localhost:6274", "Access-Control-Request-Method": "POST"}
    preflight = krea.ask("OPTIONS", path, key=None, headers=asked)
    answer = krea.ask("GET" if "well-known" in path else "POST", path, key=None, headers=asked)

    assert preflight.status_code == 200
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    assert answer.headers["access-control-allow-origin"] == "*"


def test_pages_of_other_origins_cannot_read_what_a_person_is_asked(agent: Agent) -> None:
    for page in (agent.authorize(), agent.consent_page()):
        assert page.status_code == 200
        assert "access-control-allow-origin" not in page.headers


# Registration


@requirement("oauth:public-clients")
def test_every_client_that_registers_becomes_a_public_one(krea: Krea) -> None:
    wanted = {
        "redirect_uris": [CALLBACK],
        "client_name": "A",
        "token_endpoint_auth_method": "client_secret_post",
    }
    with krea.unchanged():
        answer = krea.ask("POST", REGISTER, key=None, json=wanted)

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in body
    assert body["redirect_uris"] == [CALLBACK]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["data:text/html,x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://app.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": "x"}, "invalid_redirect_uri"),
        ({"redirect_uris": [1]}, "invalid_redirect_uri"),
        ({}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK], "client_name": 5}, "invalid_client_metadata"),
        ([], "invalid_client_metadata"),
    ],
)
def test_a_registration_that_cannot_be_is_refused_in_the_standards_words(
    krea: Krea, body: Json, error: str
) -> None:
    with krea.unchanged():
        answer = krea.ask("POST", REGISTER, key=None, json=body)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("content", "media_type", "word"),
    [(b"{", "application/json", "no JSON"), (b"a=1", "application/x-www-form-urlencoded", "must be JSON")],
)
def test_a_registration_that_is_no_json_is_refused_as_rfc_7591_says(
    krea: Krea, content: bytes, media_type: str, word: str
) -> None:
    headers = {"Content-Type": media_type}

    answer = krea.ask("POST", REGISTER, key=None, content=content, headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert word in answer.json()["error_description"]


def test_a_remembered_client_still_connects_after_a_reset(krea: Krea, agent: Agent) -> None:
    krea.control("reset", {})

    assert agent.tokens()["token_type"] == "Bearer"


def test_a_remembered_client_still_connects_to_another_process(make_krea: MakeKrea, agent: Agent) -> None:
    other = Agent(make_krea(seed=7))
    other.id = agent.id

    assert other.tokens()["token_type"] == "Bearer"


# Tokens


@requirement("oauth:workspace")
@requirement("billing:oauth")
def test_a_token_acts_for_the_workspace_that_was_chosen_and_spends_its_units(agent: Agent) -> None:
    tokens = agent.tokens("lin", workspace="studio")

    assert caller_of(agent.krea, tokens["access_token"]) == Caller(
        "lin", "studio", Unit.COMPUTE_UNITS, adapter=Adapter.MCP
    )
    assert tokens["expires_in"] == 3600
    assert tokens["scope"] == "profile email"


def test_an_api_token_is_known_to_the_mcp_server_and_spends_dollars(krea: Krea) -> None:
    assert caller_of(krea, "mockkrea:studio") == Caller("ada", "studio", Unit.USD, adapter=Adapter.MCP)
    assert not is_known(krea, "oat_nobodys")
    with pytest.raises(Unauthorized):
        caller_of(krea, None)


@requirement("oauth:rest")
def test_the_rest_api_takes_no_access_token_of_oauth(agent: Agent) -> None:
    answer = agent.krea.get("/jobs", key=agent.tokens()["access_token"])

    assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


def test_requests_with_an_access_token_count_in_their_workspace(agent: Agent) -> None:
    krea = agent.krea
    token = agent.tokens("lin", workspace="studio")["access_token"]
    krea.control("workspaces/studio/limits", {"requests_per_minute": 1})
    Speaker(krea, key=token).call("list_models")

    answer = krea.get("/jobs", key="mockkrea:studio")

    assert answer.status_code == 429


@requirement("oauth:lifetimes")
def test_an_access_token_expires_by_the_mock_clock_and_is_refreshed(agent: Agent) -> None:
    krea, tokens = agent.krea, agent.tokens()
    krea.clock("advance", seconds=3600)
    assert not is_known(krea, tokens["access_token"])

    answer = agent.refresh(tokens["refresh_token"])

    assert answer.status_code == 200
    assert is_known(krea, answer.json()["access_token"])
    assert answer.headers["cache-control"] == "no-store"


@requirement("oauth:rotation")
def test_a_refresh_token_that_is_used_twice_revokes_all_that_came_of_it(agent: Agent) -> None:
    first = agent.tokens()
    second = agent.refresh(first["refresh_token"]).json()

    again = agent.refresh(first["refresh_token"])

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert tokens_in(agent.krea) == []
    assert agent.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


@requirement("oauth:code-once")
def test_a_code_that_is_presented_twice_revokes_what_it_gave(agent: Agent) -> None:
    code = agent.code()
    access_token = agent.exchange(code).json()["access_token"]

    again = agent.exchange(code)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not is_known(agent.krea, access_token)


WRONG_EXCHANGES = [
    ({"code_verifier": VERIFIER + "x"}, "code_verifier does not fit"),
    ({"code_verifier": "short"}, "code_verifier does not fit"),
    ({"redirect_uri": "http://localhost:9/callback"}, "redirect_uri differs"),
]


@requirement("oauth:pkce")
@pytest.mark.parametrize(("changes", "reason"), WRONG_EXCHANGES)
def test_a_code_gives_nothing_for_a_wrong_proof_and_is_dead_then(
    agent: Agent, changes: dict[str, str], reason: str
) -> None:
    code = agent.code()

    refused, again = agent.exchange(code, **changes), agent.exchange(code)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert reason in refused.json()["error_description"]
    assert again.json()["error"] == "invalid_grant"
    assert tokens_in(agent.krea) == []


def test_a_code_is_of_no_use_to_another_client(krea: Krea, agent: Agent) -> None:
    other = Agent(krea, name="Another")

    answer = other.exchange(agent.code())

    assert "another client" in answer.json()["error_description"]
    assert tokens_in(krea) == []


def test_a_code_dies_after_ten_minutes_of_the_mock_clock(agent: Agent) -> None:
    code = agent.code()
    agent.krea.clock("advance", seconds=600)

    assert agent.exchange(code).json()["error"] == "invalid_grant"
    assert tokens_in(agent.krea) == []


REFUSED_EXCHANGES: list[tuple[dict[str, str | None], int, str]] = [
    ({"code": "oac_unknown"}, 400, "invalid_grant"),
    ({"code": None}, 400, "invalid_request"),
    ({"code_verifier": None}, 400, "invalid_request"),
    ({"client_id": None}, 400, "invalid_request"),
    ({"client_id": "made-up"}, 401, "invalid_client"),
    ({"grant_type": None}, 400, "invalid_request"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"resource": "https://elsewhere.example/mcp"}, 400, "invalid_target"),
    ({"resource": f"{URL}/w/other/mcp"}, 400, "invalid_target"),
    ({"resource": f"{URL}/mcp#x"}, 400, "invalid_target"),
    ({"resource": "http://127.0.0.1:1/mcp"}, 400, "invalid_target"),
    ({"resource": "http://[/mcp"}, 400, "invalid_target"),
]


@requirement("oauth:resource")
@pytest.mark.parametrize(("changes", "status", "error"), REFUSED_EXCHANGES)
def test_a_token_request_that_cannot_be_changes_nothing_and_the_code_lives_on(
    agent: Agent, changes: dict[str, str | None], status: int, error: str
) -> None:
    code = agent.code()
    with agent.krea.unchanged():
        answer = agent.exchange(**{"code": code} | changes)  # type: ignore[arg-type]

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert agent.exchange(code).status_code == 200


@pytest.mark.parametrize("resource", [f"{URL}/mcp/", URL, f"{URL}/", "http://localhost:5732/mcp", None])
def test_a_resource_is_ours_under_each_loopback_name(agent: Agent, resource: str | None) -> None:
    assert agent.exchange(agent.code(), resource=resource).status_code == 200


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"Content-Type": "application/json"}, b"{}"),
        ({}, b""),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"code=1&code=2"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a&" * 50),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a" * 100_001),
    ],
)
def test_what_is_no_form_is_an_invalid_request(krea: Krea, headers: dict[str, str], content: bytes) -> None:
    with krea.unchanged():
        answer = krea.ask("POST", TOKEN, key=None, headers=headers, content=content)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_refresh_can_narrow_the_scope_and_not_widen_it(agent: Agent) -> None:
    tokens = agent.tokens()
    with agent.krea.unchanged():
        wider = agent.refresh(tokens["refresh_token"], scope="email admin")
    narrower = agent.refresh(tokens["refresh_token"], scope="email")

    assert wider.json()["error"] == "invalid_scope"
    assert narrower.json()["scope"] == "email"


def test_another_clients_refresh_token_is_refused_and_lives_on(krea: Krea, agent: Agent) -> None:
    tokens = agent.tokens()
    with krea.unchanged():
        answer = Agent(krea, name="Another").refresh(tokens["refresh_token"])

    assert answer.json()["error"] == "invalid_grant"
    assert agent.refresh(tokens["refresh_token"]).status_code == 200


# Revocation


@requirement("oauth:revoke")
def test_revoking_a_refresh_token_ends_the_session(agent: Agent) -> None:
    tokens = agent.tokens()

    answer = agent.revoke(tokens["refresh_token"])

    assert answer.status_code == 200
    assert not is_known(agent.krea, tokens["access_token"])
    assert agent.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_revoking_an_access_token_leaves_its_refresh_token(agent: Agent) -> None:
    tokens = agent.tokens()

    agent.revoke(tokens["access_token"], client_id=None)

    assert not is_known(agent.krea, tokens["access_token"])
    assert agent.refresh(tokens["refresh_token"]).status_code == 200


def test_revoking_what_nobody_has_is_fine_and_what_another_has_is_refused(krea: Krea, agent: Agent) -> None:
    tokens = agent.tokens()

    assert agent.revoke("oat_nobodys").status_code == 200
    with krea.unchanged():
        refused = Agent(krea, name="Another").revoke(tokens["refresh_token"])

    assert refused.json()["error"] == "invalid_grant"


# The control API


@requirement("oauth:legacy")
def test_a_legacy_session_is_bound_to_nothing_and_falls_back_to_the_default_workspace(krea: Krea) -> None:
    issued = krea.control("oauth/issue", {"person": "lin", "legacy": True})

    assert caller_of(krea, issued["access_token"]) == Caller(
        "lin", LIN, Unit.COMPUTE_UNITS, bound=False, adapter=Adapter.MCP
    )


@pytest.mark.parametrize(
    ("body", "person", "workspace"),
    [
        ({}, "ada", ADA),
        ({"workspace": "studio"}, "ada", "studio"),
        ({"workspace": LIN}, "lin", LIN),
        ({"person": "lin"}, "lin", LIN),
        ({"person": "lin", "workspace": "studio"}, "lin", "studio"),
    ],
)
def test_tokens_are_issued_for_the_owner_or_the_first_person_where_nobody_is_named(
    krea: Krea, body: Json, person: str, workspace: str
) -> None:
    issued = krea.control("oauth/issue", body)

    assert caller_of(krea, issued["access_token"])[:2] == (person, workspace)
    assert issued["expires_in"] == 3600


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"person": "lin", "workspace": ADA}, 403, "lin is no member of the workspace ada-personal"),
        ({"workspace": "nowhere"}, 404, "There is no workspace 'nowhere' here."),
        ({"person": "nobody"}, 404, "There is no person 'nobody' here."),
        ({"workspace": "studio", "legacy": True}, 422, "bound to no workspace"),
        ({"expires_in": -1}, 422, "/expires_in"),
    ],
)
def test_tokens_for_who_may_not_enter_are_not_issued(
    krea: Krea, body: Json, status: int, reason: str
) -> None:
    with krea.unchanged():
        answer = krea.ask_control("oauth/issue", body)

    assert answer.status_code == status
    assert reason in answer.json()["detail"]


def test_issued_tokens_live_as_long_as_was_said_and_any_client_may_refresh_them(agent: Agent) -> None:
    krea = agent.krea
    issued = krea.control("oauth/issue", {"expires_in": 5})
    krea.clock("advance", seconds=5)
    assert not is_known(krea, issued["access_token"])

    assert is_known(krea, agent.refresh(issued["refresh_token"]).json()["access_token"])


def test_issued_tokens_come_with_the_client_that_can_refresh_them(krea: Krea) -> None:
    issued = krea.control("oauth/issue", {})
    fields = {name: issued[name] for name in ("refresh_token", "client_id")}

    answer = krea.ask("POST", TOKEN, key=None, data={"grant_type": "refresh_token", **fields})

    assert is_known(krea, answer.json()["access_token"])


def test_expiring_tokens_leaves_their_sessions_to_be_refreshed(agent: Agent) -> None:
    krea, mine, others = agent.krea, agent.tokens(), agent.tokens("lin")

    assert krea.control("oauth/expire", {"token": mine["refresh_token"]}) == {"expired": 1}
    assert [is_known(krea, each["access_token"]) for each in (mine, others)] == [False, True]
    assert krea.control("oauth/expire", {}) == {"expired": 1}
    assert not is_known(krea, others["access_token"])
    assert agent.refresh(mine["refresh_token"]).status_code == 200


def test_revoking_sessions_ends_them_for_good(agent: Agent) -> None:
    krea, mine, others = agent.krea, agent.tokens(), agent.tokens("lin")

    assert krea.control("oauth/revoke", {"token": mine["access_token"]}) == {"revoked": 1}
    assert [is_known(krea, each["access_token"]) for each in (mine, others)] == [False, True]
    assert agent.refresh(mine["refresh_token"]).json()["error"] == "invalid_grant"
    assert krea.control("oauth/revoke", {}) == {"revoked": 1}


def test_a_token_that_nobody_has_cannot_be_expired_or_revoked(krea: Krea) -> None:
    for path in ("oauth/expire", "oauth/revoke"):
        assert krea.ask_control(path, {"token": "oat_unknown"}).status_code == 404


# Without a browser


@pytest.mark.parametrize(
    ("value", "person", "workspace"),
    [("default", "ada", ADA), (LIN, "lin", LIN), ("studio", "ada", "studio")],
)
def test_an_unattended_mock_answers_an_authorization_request_at_once(
    make_krea: MakeKrea, value: str, person: str, workspace: str
) -> None:
    agent = Agent(make_krea(Settings(auto_approve=value)))

    code = answer_in(agent.authorize())["code"]

    access_token = agent.exchange(code).json()["access_token"]
    assert caller_of(agent.krea, access_token)[:2] == (person, workspace)


def test_an_unattended_mock_still_refuses_what_is_wrong(make_krea: MakeKrea) -> None:
    agent = Agent(make_krea(Settings(auto_approve="default")))
    with agent.krea.unchanged():
        assert agent.authorize(redirect_uri="https://elsewhere.example/").status_code == 400
        assert answer_in(agent.authorize(code_challenge=None))["error"] == "invalid_request"


def test_an_unattended_mock_says_so_if_there_is_no_such_workspace(make_krea: MakeKrea) -> None:
    agent = Agent(make_krea(Settings(auto_approve="nowhere")))

    answer = agent.authorize()

    assert answer.status_code == 404
    assert "There is no workspace &#39;nowhere&#39; here." in answer.text


# The header of a 401


@requirement("oauth:challenge")
@pytest.mark.parametrize(("token", "invalid"), [(b"", ""), (b"Bearer x", 'error="invalid_token", ')])
def test_the_challenge_names_the_metadata_of_the_resource(krea: Krea, token: bytes, invalid: str) -> None:
    headers = [(b"host", b"127.0.0.1:5732"), (b"authorization", token)]

    async def receive() -> Json:
        raise AssertionError("no body is read")

    scope = {"method": "POST", "path": "/mcp", "scheme": "http", "query_string": b"", "headers": headers}
    name, value = refusal_wire.challenge(Request(scope, receive, Door()))

    assert name == b"www-authenticate"
    assert value.decode() == f'Bearer {invalid}resource_metadata="{URL}{RESOURCE}/mcp"'


# In a world of its own


def test_discovery_in_a_world_finds_its_own_issuer_and_makes_no_world(krea: Krea) -> None:
    team = f"{URL}/w/team"
    for path in (f"{RESOURCE}/w/team/mcp", f"/w/team{RESOURCE}", f"/w/team{RESOURCE}/mcp"):
        body = krea.get(path, key=None).json()
        assert (body["resource"], body["authorization_servers"]) == (f"{team}/mcp", [team])
    for path in (f"{SERVER}/w/team", f"{OPENID}/w/team", f"/w/team{OPENID}"):
        assert krea.get(path, key=None).json()["issuer"] == team

    assert krea.worlds.made() == []


def test_a_consent_given_in_a_world_holds_there_and_nowhere_else(krea: Krea) -> None:
    agent = Agent(krea, world="/w/team")

    page = agent.consent_page()
    assert krea.worlds.made() == []

    answer = answer_in(agent.decide(page, workspace="studio"))

    assert answer["iss"] == f"{URL}/w/team"
    [(team, _)] = krea.worlds.made()
    issued = agent.exchange(answer["code"])
    assert issued.status_code == 200, issued.text
    token = issued.json()["access_token"]
    assert krea.run(calls.authenticate_mcp(team, token)).workspace_id == "studio"
    assert not is_known(krea, token)


def test_a_resource_of_another_world_is_refused(krea: Krea) -> None:
    agent = Agent(krea, world="/w/team")

    assert answer_in(agent.authorize(resource=f"{URL}/mcp"))["error"] == "invalid_target"


def test_a_page_of_a_named_origin_is_told_only_once_that_it_may_call(make_krea: MakeKrea) -> None:
    origin = "http://localhost:6274"
    krea = make_krea(door=Door(cors=frozenset({origin})))

    answer = krea.get(SERVER, key=None, headers={"Origin": origin})

    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
