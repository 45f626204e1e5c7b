"""What can happen to consents: people allow clients; clients fetch, refresh and revoke tokens."""

from __future__ import annotations

from dataclasses import dataclass

from mockkrea.core.command import Command
from mockkrea.core.consent import Consent, Denial, Presented, Tokens
from mockkrea.core.errors import NotFound
from mockkrea.core.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowClient(Command[str]):
    """A person lets a client act for them."""

    consent: Consent
    redirect_uri: str
    challenge: str

    def apply(self, state: State, at_us: int) -> str:
        """The authorization code.

        Raises:
            NotFound, Forbidden: as `Directory.membership` says.
        """
        _require_membership(state, self.consent)
        return state.directory.consents.issue_code(
            state.seed, self.consent, redirect_uri=self.redirect_uri, challenge=self.challenge, at_us=at_us
        )


@dataclass(frozen=True, slots=True)
class ExchangeCode(Command[Tokens | Denial]):
    """A client fetches its tokens. The code is used up either way, so a denial is no refusal."""

    shown: Presented

    def apply(self, state: State, at_us: int) -> Tokens | Denial:
        """Tokens, or why there are none. Refuses as `Consents.redeem_code` says."""
        return state.directory.consents.redeem_code(state.seed, self.shown, at_us=at_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokens(Command[Tokens | Denial]):
    """A client wants new tokens. A refresh token that was used before ends the grant: no refusal either."""

    refresh_token: str
    client_id: str
    scope: str | None = None

    def apply(self, state: State, at_us: int) -> Tokens | Denial:
        """Tokens, or why there are none. Refuses as `Consents.refresh` says."""
        return state.directory.consents.refresh(
            state.seed, self.refresh_token, client_id=self.client_id, scope=self.scope, at_us=at_us
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeToken(Command[None]):
    """A client, if it says which, does not need a token any more."""

    token: str
    client_id: str | None = None

    def apply(self, state: State, at_us: int) -> None:
        """End it. Refuses as `Consents.revoke` says."""
        state.directory.consents.revoke(state.seed, self.token, client_id=self.client_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTokens(Command[Tokens]):
    """Make a grant as if a person had allowed some client; None is the usual life of an access token."""

    consent: Consent
    access_life_us: int | None = None

    def apply(self, state: State, at_us: int) -> Tokens:
        """The tokens.

        Raises:
            NotFound, Forbidden: as `Directory.membership` says.
        """
        _require_membership(state, self.consent)
        _, tokens = state.directory.consents.begin(
            state.seed, self.consent, at_us=at_us, access_life_us=self.access_life_us
        )
        return tokens


@dataclass(frozen=True, slots=True)
class ExpireAccessTokens(Command[int]):
    """Let the access tokens of one grant, or all there are, expire now; they can be refreshed.

    `token` is one of the grant's, `session` its id.
    """

    token: str | None = None
    session: str | None = None

    def apply(self, state: State, at_us: int) -> int:
        """How many lived until now.

        Raises:
            NotFound: no grant has this token or id.
        """
        consents = state.directory.consents
        grant_ids = _grants_meant(state, self.token, self.session)
        secrets = [key for key, token in consents.access_tokens.items() if token.grant_id in grant_ids]
        return consents.expire(secrets, at_us=at_us)


@dataclass(frozen=True, slots=True)
class RevokeGrants(Command[int]):
    """End one grant, or all there are, with all their tokens; the fields are as of `ExpireAccessTokens`."""

    token: str | None = None
    session: str | None = None

    def apply(self, state: State, at_us: int) -> int:
        """How many grants ended.

        Raises:
            NotFound: no grant has this token or id.
        """
        grant_ids = _grants_meant(state, self.token, self.session)
        for grant_id in grant_ids:
            state.directory.consents.end(grant_id)
        return len(grant_ids)


CONSENT_COMMANDS: dict[str, type[Command[object]]] = {
    kind.__name__: kind
    for kind in (
        AllowClient,
        ExchangeCode,
        RefreshTokens,
        RevokeToken,
        IssueTokens,
        ExpireAccessTokens,
        RevokeGrants,
    )
}


def _require_membership(state: State, consent: Consent) -> None:
    directory = state.directory
    default_id = directory.person(consent.person_id).default_workspace_id
    directory.membership(consent.person_id, consent.workspace_id or default_id)


def _grants_meant(state: State, token: str | None, session: str | None) -> set[str]:
    consents = state.directory.consents
    if session is not None:
        if session not in consents.grants:
            raise NotFound("session", session)
        return {session}
    if token is None:
        return set(consents.grants)
    grant_id = consents.grant_id_of(state.seed, token)
    if grant_id is None:
        raise NotFound("token", f"{token[:12]}…")
    return {grant_id}
