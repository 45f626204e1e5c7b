"""Codes, grants and tokens by the mock's clock, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from mockkrea.core import codec, consent
from mockkrea.core.clock import DAY_US, SECOND_US
from mockkrea.core.command import Command
from mockkrea.core.commands import Advance
from mockkrea.core.consent import Consent, Consents, Denial, Lives, Presented, Session, Tokens, challenge_of
from mockkrea.core.consent_commands import (
    AllowClient,
    ExchangeCode,
    ExpireAccessTokens,
    IssueTokens,
    RefreshTokens,
    RevokeGrants,
    RevokeToken,
)
from mockkrea.core.errors import MockKreaError, OAuthError
from mockkrea.core.initial_state import InitialConditions, Setup, fresh_state
from mockkrea.core.state import State
from mockkrea.core.world import World, replay
from mockkrea.data import load_setup
from tests.asking import TIMELESS
from tests.making import START_US, a_world

AT_US = START_US
VERIFIER = "v" * 43
CALLBACK = "http://localhost/callback"
ADAS = Consent(client_id="client", person_id="ada", workspace_id="studio")


@pytest.fixture
def consents() -> Consents:
    return Consents()


def a_code(consents: Consents, *, of: Consent = ADAS) -> str:
    return consents.issue_code(0, of, redirect_uri=CALLBACK, challenge=challenge_of(VERIFIER), at_us=AT_US)


def take(
    consents: Consents, code: str, changes: Mapping[str, str] | None = None, *, at_us: int = AT_US
) -> Tokens | Denial:
    shown = Presented(code, "client", CALLBACK, VERIFIER)._replace(**changes or {})
    return consents.redeem_code(0, shown, at_us=at_us)


def taken(consents: Consents) -> Tokens:
    tokens = take(consents, a_code(consents))
    assert isinstance(tokens, Tokens)
    return tokens


def refresh(
    consents: Consents, token: str, *, at_us: int = AT_US, client_id: str = "client"
) -> Tokens | Denial:
    return consents.refresh(0, token, client_id=client_id, scope=None, at_us=at_us)


def test_the_challenge_is_the_one_of_rfc_7636_appendix_b() -> None:
    assert (
        challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_a_code_is_used_up_by_a_presentation_that_fails(consents: Consents) -> None:
    code = a_code(consents)

    assert isinstance(take(consents, code, {"verifier": "w" * 43}), Denial)
    assert isinstance(take(consents, code), Denial)
    assert not consents.grants
    assert not consents.access_tokens


@pytest.mark.parametrize(
    "changes",
    [{"client_id": "other"}, {"redirect_uri": "http://localhost:1/callback"}, {"verifier": "v" * 42}],
)
def test_a_code_gives_nothing_to_who_cannot_show_what_belongs_to_it(
    consents: Consents, changes: dict[str, str]
) -> None:
    assert isinstance(take(consents, a_code(consents), changes), Denial)
    assert not consents.access_tokens


def test_a_code_lives_ten_minutes_of_the_mock_clock(consents: Consents) -> None:
    on_time = take(consents, a_code(consents), at_us=AT_US + 600 * SECOND_US - 1)
    too_late = take(consents, a_code(consents), at_us=AT_US + 600 * SECOND_US)

    assert isinstance(on_time, Tokens)
    assert too_late == Denial("The authorization code has expired; it lived 600 seconds.")


def test_a_code_that_is_presented_again_takes_back_what_it_gave(consents: Consents) -> None:
    code = a_code(consents)
    tokens = take(consents, code)
    assert isinstance(tokens, Tokens)
    kept = taken(consents)

    assert isinstance(take(consents, code), Denial)

    assert consents.grant_of(tokens.access_token, at_us=AT_US) is None
    assert consents.grant_of(kept.access_token, at_us=AT_US) is not None
    with pytest.raises(OAuthError, match="not known here, or it was revoked"):
        refresh(consents, tokens.refresh_token)


def test_an_access_token_lives_an_hour_and_a_refresh_token_thirty_days(consents: Consents) -> None:
    tokens = taken(consents)

    assert consents.grant_of(tokens.access_token, at_us=AT_US + 3600 * SECOND_US - 1) is not None
    assert consents.grant_of(tokens.access_token, at_us=AT_US + 3600 * SECOND_US) is None
    with pytest.raises(OAuthError, match="has expired"):
        refresh(consents, tokens.refresh_token, at_us=AT_US + 30 * DAY_US)
    assert isinstance(refresh(consents, tokens.refresh_token, at_us=AT_US + 30 * DAY_US - 1), Tokens)


def test_each_refresh_gives_thirty_more_days(consents: Consents) -> None:
    tokens: Tokens | Denial = taken(consents)

    for months in range(1, 4):
        assert isinstance(tokens, Tokens)
        tokens = refresh(consents, tokens.refresh_token, at_us=AT_US + months * 29 * DAY_US)

    assert isinstance(tokens, Tokens)


def test_a_refresh_token_that_is_used_again_ends_its_whole_family(consents: Consents) -> None:
    first = taken(consents)
    second = refresh(consents, first.refresh_token)
    assert isinstance(second, Tokens)
    kept = taken(consents)

    assert isinstance(refresh(consents, first.refresh_token), Denial)

    assert list(consents.access_tokens) == [kept.access_token]
    with pytest.raises(OAuthError):
        refresh(consents, second.refresh_token)


def test_a_refresh_token_of_a_turn_to_come_is_not_known_yet(consents: Consents) -> None:
    tokens = taken(consents)
    ahead = refresh(codec.copy(consents), tokens.refresh_token)
    assert isinstance(ahead, Tokens)

    with pytest.raises(OAuthError, match="not known here"):
        refresh(consents, ahead.refresh_token)


def test_what_was_issued_without_a_client_may_be_refreshed_by_any(consents: Consents) -> None:
    _, tokens = consents.begin(0, Consent(client_id=None, person_id="ada", workspace_id=None), at_us=AT_US)

    assert isinstance(refresh(consents, tokens.refresh_token, client_id="whoever"), Tokens)


def test_a_resumed_session_goes_on_with_the_tokens_that_its_client_has(consents: Consents) -> None:
    consent = Consent(client_id=None, person_id="ada", workspace_id=None)
    consents.resume(0, Session(consent=consent, access_token="a", refresh_token="r"), at_us=AT_US)

    assert consents.grant_of("a", at_us=AT_US) is not None
    assert consents.grant_id_of(0, "r") == consents.grant_id_of(0, "a")
    assert isinstance(refresh(consents, "r"), Tokens)
    assert isinstance(refresh(consents, "r"), Denial)
    assert consents.grant_of("a", at_us=AT_US) is None


def test_a_resumed_session_may_have_expired_and_have_nothing_to_be_refreshed_with(consents: Consents) -> None:
    consent = Consent(client_id=None, person_id="ada", workspace_id=None)
    consents.resume(0, Session(consent=consent, access_token="a", expired=True), at_us=AT_US)

    assert consents.grant_of("a", at_us=AT_US) is None
    with pytest.raises(OAuthError, match="not known here"):
        refresh(consents, "r")


def test_codes_and_tokens_live_as_long_as_the_world_says(consents: Consents) -> None:
    consents.lives = Lives(code_us=2, access_us=3, refresh_us=5)
    consent = Consent(client_id=None, person_id="ada", workspace_id=None)

    _, tokens = consents.begin(0, consent, at_us=AT_US)

    assert consents.grant_of(tokens.access_token, at_us=AT_US + 2) is not None
    assert consents.grant_of(tokens.access_token, at_us=AT_US + 3) is None
    with pytest.raises(OAuthError, match="expired"):
        refresh(consents, tokens.refresh_token, at_us=AT_US + 5)


def test_only_the_youngest_grants_codes_and_tokens_are_kept(
    consents: Consents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent, "ENTRIES_KEPT_MAX", 3)

    first = taken(consents)
    for _ in range(5):
        last = taken(consents)
    for _ in range(5):
        refreshed = refresh(consents, last.refresh_token)
        assert isinstance(refreshed, Tokens)
        last = refreshed

    assert (len(consents.codes), len(consents.grants), len(consents.access_tokens)) == (3, 3, 3)
    assert consents.grant_of(first.access_token, at_us=AT_US) is None
    assert consents.grant_of(last.access_token, at_us=AT_US) is not None


PEOPLE = ("ada", "lin", "nobody")
PLACES = ("ada-personal", "studio", "lin-personal", "nowhere")
CLIENTS = ("client", "other")


class RandomConsents(RuleBasedStateMachine):
    """Whatever is allowed, presented and refreshed: nobody has a token for a workspace that is not theirs."""

    codes = Bundle("codes")
    refresh_tokens = Bundle("refresh_tokens")
    access_tokens = Bundle("access_tokens")

    @initialize(seed=st.integers(0, 2**31))
    def begin(self, seed: int) -> None:
        setup: Setup = load_setup()
        self.state = fresh_state(
            setup, InitialConditions(seed=seed, at_us=START_US, frozen=True, jobs_kept=10)
        )
        self.beginning: State = codec.copy(self.state)
        self.world: World
        self.world, _, self.records = a_world(self.state, frozen=True)
        self.ever_given: list[str] = []

    def try_(self, command: Command[object]) -> object:
        """What came of it; None for a refusal, which changed nothing."""
        before, kept = self.state.as_bytes(), len(self.records)
        try:
            return self.world.execute(command)
        except MockKreaError as refusal:
            assert str(refusal)
            assert self.state.as_bytes() == before
            assert len(self.records) == kept
            return None

    def remember(self, answer: object) -> tuple[str, str]:
        if not isinstance(answer, Tokens):
            return "oat_none", "ort_none"
        assert answer.access_token not in self.ever_given
        assert answer.refresh_token not in self.ever_given
        self.ever_given += [answer.access_token, answer.refresh_token]
        return answer.access_token, answer.refresh_token

    @rule(
        target=codes,
        person=st.sampled_from(PEOPLE),
        workspace=st.none() | st.sampled_from(PLACES),
        client=st.sampled_from(CLIENTS),
    )
    def allow(self, person: str, workspace: str | None, client: str) -> str:
        command = AllowClient(
            consent=Consent(client_id=client, person_id=person, workspace_id=workspace),
            redirect_uri=CALLBACK,
            challenge=challenge_of(VERIFIER),
        )
        code = self.try_(command)
        return code if isinstance(code, str) else "oac_none"

    @rule(
        target=refresh_tokens,
        code=codes,
        client=st.sampled_from(CLIENTS),
        verifier=st.sampled_from([VERIFIER, VERIFIER, "w" * 43]),
    )
    def present(self, code: str, client: str, verifier: str) -> str:
        return self.remember(self.try_(ExchangeCode(Presented(code, client, CALLBACK, verifier))))[1]

    @rule(target=refresh_tokens, token=refresh_tokens, client=st.sampled_from(CLIENTS))
    def refresh(self, token: str, client: str) -> str:
        return self.remember(self.try_(RefreshTokens(refresh_token=token, client_id=client)))[1]

    @rule(
        target=access_tokens,
        person=st.sampled_from(PEOPLE),
        workspace=st.none() | st.sampled_from(PLACES),
        life_s=st.integers(0, 100),
    )
    def issue(self, person: str, workspace: str | None, life_s: int) -> str:
        consent = Consent(client_id=None, person_id=person, workspace_id=workspace)
        return self.remember(self.try_(IssueTokens(consent=consent, access_life_us=life_s * SECOND_US)))[0]

    @rule(token=access_tokens | refresh_tokens, client=st.sampled_from(CLIENTS))
    def revoke(self, token: str, client: str) -> None:
        self.try_(RevokeToken(token=token, client_id=client))

    @rule(token=st.none() | access_tokens | refresh_tokens, all_of_it=st.booleans())
    def end(self, token: str | None, all_of_it: bool) -> None:
        self.try_(RevokeGrants(token) if all_of_it else ExpireAccessTokens(token))

    @rule(seconds=st.sampled_from([1, 599, 3600, 86_400 * 29]))
    def wait(self, seconds: int) -> None:
        self.try_(Advance(seconds * SECOND_US))

    @invariant()
    def nobody_has_a_token_for_a_workspace_that_is_not_theirs(self) -> None:
        directory = self.state.directory
        for secret in directory.consents.access_tokens:
            session = directory.session_of(secret, at_us=self.state.now_us)
            if session is not None:
                consent, workspace = session
                assert consent.person_id in workspace.roles
                assert consent.workspace_id in (None, workspace.id)

    @invariant()
    def every_token_belongs_to_a_grant_that_lives(self) -> None:
        consents = self.state.directory.consents
        assert {token.grant_id for token in consents.access_tokens.values()} <= set(consents.grants)

    def teardown(self) -> None:
        replayed = replay(codec.copy(self.beginning), self.records)
        assert replayed.as_bytes() == self.state.as_bytes()
        assert codec.from_bytes(State, self.state.as_bytes()).as_bytes() == self.state.as_bytes()


TestRandomConsents = RandomConsents.TestCase
TestRandomConsents.settings = TIMELESS
