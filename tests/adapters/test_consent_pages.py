"""What a person is asked before a client may act for them."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from mockkrea.core.consent import challenge_of
from tests.asking import URL, Krea, MakeKrea
from tests.contract.requirements import requirement
from tests.oauth import AUTHORIZE, CALLBACK, CONSENT, VERIFIER, Agent, answer_in

HOSTILE = """"><script>alert(1)</script><img src=x onerror='alert(2)'>"""


@pytest.fixture
def agent(krea: Krea) -> Agent:
    return Agent(krea)


def test_the_first_link_of_the_sign_in_page_signs_in_the_first_person(agent: Agent) -> None:
    people = re.findall(r'href="consent\?person=(\w+)&amp;', agent.authorize().text)

    assert people == ["ada", "lin"]


@requirement("oauth:picker")
def test_the_picker_has_every_workspace_of_the_person_with_the_default_one_chosen(agent: Agent) -> None:
    agent.krea.control("workspaces/lin-personal/balance", {"usd": 1234.5, "compute_units": 0.25})
    page = agent.consent_page("lin").text

    choices = re.findall(r'<input type="radio" name="workspace" value="([\w-]+)" required( checked)?>', page)
    assert choices == [("lin-personal", " checked"), ("studio", "")]
    assert "0.25 compute units" in page
    assert "$1,234.50 API balance" in page
    assert "Enterprise" in page


def test_the_page_says_who_asks_for_what_and_where_the_answer_goes(agent: Agent) -> None:
    page = agent.consent_page(scope="openid email").text

    assert "<bdi>Claude Code</bdi> wants to use Krea (mock)" in page
    assert f"<code>{CALLBACK}</code>" in page
    assert "see your email" in page


def test_a_hostile_name_stays_text_on_every_page(krea: Krea) -> None:
    agent = Agent(krea, name=HOSTILE, redirect_uri="cursor://callback")
    consent = agent.consent_page()

    for page in (agent.authorize(), consent, agent.decide(consent)):
        assert page.status_code == 200
        assert "<script" not in page.text
        assert "<img" not in page.text
        assert "&lt;script&gt;" in page.text


def test_pages_run_nothing_load_nothing_and_stand_in_no_frame(agent: Agent) -> None:
    for page in (agent.authorize(), agent.consent_page(), agent.authorize(client_id="x")):
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert "form-action" not in policy
        assert "script" not in policy


@pytest.mark.parametrize(
    "state", ["st&te", "a b+c%2B", "é漢", "", "=&=?#", "x" * 2000, "%ff"], ids=lambda state: state[:8]
)
def test_the_answer_comes_with_the_state_as_it_was_and_the_issuer(agent: Agent, state: str) -> None:
    answer = answer_in(agent.decide(agent.consent_page(state=state)))

    assert answer["state"] == state
    assert answer["iss"] == URL
    assert answer["code"].startswith("oac_")


def test_a_state_that_is_no_utf_8_is_echoed_byte_for_byte(agent: Agent) -> None:
    query = urlencode(agent.request(state=None)) + "&state=%ff%00"
    page = agent.krea.get(f"{AUTHORIZE}?{query}", key=None)
    [link] = re.findall(r'href="(consent\?person=ada[^"]+)"', page.text)

    answer = agent.decide(agent.krea.get(f"/auth/v1/oauth/{link.replace('&amp;', '&')}", key=None))

    assert "&state=%FF%00&" in answer.headers["location"]


def test_without_a_state_none_is_made_up(agent: Agent) -> None:
    assert set(answer_in(agent.decide(agent.consent_page(state=None)))) == {"code", "iss"}


def test_a_redirect_uri_keeps_its_query_and_may_have_another_loopback_port(krea: Krea) -> None:
    agent = Agent(krea, redirect_uri="http://127.0.0.1:1/callback?server=krea")
    agent.redirect_uri = "http://127.0.0.1:50123/callback?server=krea"

    answer = agent.decide(agent.consent_page())

    assert answer.headers["location"].startswith("http://127.0.0.1:50123/callback?server=krea&code=oac_")
    assert agent.exchange(answer_in(answer)["code"]).status_code == 200


def test_an_application_with_a_scheme_of_its_own_is_opened_from_a_page(krea: Krea) -> None:
    agent = Agent(krea, name="Cursor", redirect_uri="cursor://anysphere.cursor-mcp/oauth/callback")

    page = agent.decide(agent.consent_page())

    assert page.status_code == 200
    assert page.headers["refresh"].startswith(f"0;url={agent.redirect_uri}?code=oac_")
    assert "Then you can close this tab." in page.text


def test_who_denies_sends_the_client_away_with_nothing(agent: Agent) -> None:
    page = agent.consent_page()
    with agent.krea.unchanged():
        answer = answer_in(agent.decide(page, "deny"))

    assert (answer["error"], answer["state"]) == ("access_denied", "st&te")
    assert "code" not in answer


def test_a_person_cannot_pick_a_workspace_of_others(agent: Agent) -> None:
    page = agent.consent_page("lin")
    with agent.krea.unchanged():
        answer = agent.decide(page, workspace="ada-personal")

    assert answer.status_code == 403
    assert "lin is no member of the workspace ada-personal" in answer.text


@pytest.mark.parametrize(
    "changes", [{"csrf": "0" * 64}, {"csrf": "é"}, {"person": "lin"}, {"request": "a=b"}]
)
def test_a_form_that_is_not_our_own_allows_nothing(agent: Agent, changes: dict[str, str]) -> None:
    page = agent.consent_page()
    with agent.krea.unchanged():
        answer = agent.decide(page, **changes)

    assert answer.status_code == 403
    assert "not made by this server" in answer.text


def test_a_form_of_another_process_allows_nothing(make_krea: MakeKrea, agent: Agent) -> None:
    other = Agent(make_krea())

    assert other.decide(agent.consent_page()).status_code == 403


@pytest.mark.parametrize("body", ["", "csrf=x", "a=1&a=2"])
def test_half_a_form_is_refused_on_a_page(krea: Krea, body: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with krea.unchanged():
        answer = krea.ask("POST", CONSENT, key=None, content=body, headers=headers)

    assert answer.status_code == 400
    assert "text/html" in answer.headers["content-type"]


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "made-up"},
        {"redirect_uri": None},
        {"redirect_uri": "https://elsewhere.example/"},
        {"redirect_uri": "http://localhost:3118/callback/"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
def test_a_request_that_may_lead_astray_ends_on_a_page(agent: Agent, changes: dict[str, str | None]) -> None:
    with agent.krea.unchanged():
        answer = agent.authorize(**changes)

    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "This request cannot be answered" in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example/mcp"}, "invalid_target"),
    ],
)
def test_any_other_mistake_is_told_to_the_client(
    agent: Agent, changes: dict[str, str | None], error: str
) -> None:
    with agent.krea.unchanged():
        answer = answer_in(agent.authorize(**changes))

    assert (answer["error"], answer["state"], answer["iss"]) == (error, "st&te", URL)
    assert answer["error_description"].endswith(".")


def test_a_field_that_is_there_twice_is_refused(agent: Agent) -> None:
    query = urlencode([*agent.request().items(), ("redirect_uri", "https://elsewhere.example/")])

    answer = agent.krea.get(f"{AUTHORIZE}?{query}", key=None)

    assert answer.status_code == 400
    assert "&#39;redirect_uri&#39; is given more than once" in answer.text


def test_who_is_not_here_cannot_sign_in(agent: Agent) -> None:
    query = {"person": "nobody", "request": urlencode(agent.request())}

    answer = agent.krea.get(CONSENT, key=None, params=query)

    assert answer.status_code == 404


def test_scopes_that_krea_does_not_have_are_left_out(agent: Agent) -> None:
    page = agent.consent_page(scope="openid email offline_access")

    tokens = agent.exchange(answer_in(agent.decide(page))["code"]).json()

    assert tokens["scope"] == "email"
    assert challenge_of(VERIFIER) in page.text
