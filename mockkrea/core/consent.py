"""What people allowed OAuth clients to do: authorization codes, grants and tokens.

A code stands for a consent until the client fetches it. Its first presentation uses it up, whatever
comes of it; that makes a grant, which binds a person and a workspace to a client for as long as the
client refreshes it. A second presentation, of a code or of a refresh token, means that somebody else
has it too, and ends the grant (RFC 9700). Grants without a workspace are those from before Krea's
workspace picker (documented: they fall back to the person's default workspace).

All life times are counted by the mock's clock.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, NamedTuple

from mockkrea.core.clock import DAY_US, SECOND_US
from mockkrea.core.errors import OAuthError
from mockkrea.core.randomness import draw

# Of codes, of grants and of access tokens this many are kept, the youngest.
ENTRIES_KEPT_MAX = 10_000

# Seen at clients of the real service.
SCOPES = ("profile", "email")

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
REFRESH_TOKEN = re.compile(r"ort_(?P<grant_id>[0-9a-f]{16})_(?P<rotation>[0-9]{1,9})_[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a person allowed: a client to act for them, in a workspace or, None, in their default one.

    `client_id` is None for what was issued without any client; then each may refresh it.
    """

    client_id: str | None
    person_id: str
    workspace_id: str | None
    scope: str = " ".join(SCOPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """How long authorization codes, access tokens and refresh tokens live. The usual lives are ASSUMED."""

    code_us: int = 600 * SECOND_US
    access_us: int = 3600 * SECOND_US
    refresh_us: int = 30 * DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A grant that is there when a world begins, with the tokens that its client has kept.

    `expired`: the access token has ended already. Without a refresh token nobody can go on with it.
    """

    consent: Consent
    access_token: str
    refresh_token: str | None = None
    expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code that was given out. `grant_id` is the grant that it made."""

    consent: Consent
    redirect_uri: str
    challenge: str
    expires_at_us: int
    presented: bool = False
    grant_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A consent that a client uses. `rotation` counts its refresh tokens, of which the last is valid."""

    id: str
    consent: Consent
    refresh_until_us: int
    rotation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An access token that was given out."""

    grant_id: str
    expires_at_us: int


class Tokens(NamedTuple):
    """What a client gets for a code or a refresh token."""

    access_token: str
    expires_in_s: int
    refresh_token: str
    scope: str


class Denial(NamedTuple):
    """What a client is told whose attempt got it nothing, yet used up or ended what it showed."""

    sentence: str


class Presented(NamedTuple):
    """What a client shows to fetch its tokens."""

    code: str
    client_id: str
    redirect_uri: str
    verifier: str


@dataclass(slots=True)
class Consents:
    """The codes, grants and access tokens of one world, oldest first; grants by their id, others by secret.

    What is drawn depends on the world's seed and on how many were drawn before. `kept` has the grants of the
    refresh tokens that were not drawn, but there when the world began. `grants_made` counts all grants that
    there ever were.
    """

    lives: Lives = field(default_factory=Lives)
    codes: dict[str, Code] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    drawn: int = 0
    grants_made: int = 0

    def grant_of(self, access_token: str, *, at_us: int) -> Grant | None:
        """The grant that this access token speaks for, as long as both live."""
        token = self.access_tokens.get(access_token)
        return self.grants.get(token.grant_id) if token is not None and at_us < token.expires_at_us else None

    def issue_code(
        self, seed: int, consent: Consent, *, redirect_uri: str, challenge: str, at_us: int
    ) -> str:
        """A code for this consent."""
        secret = f"oac_{self._drawn(seed)}"
        self.codes[secret] = Code(
            consent=consent,
            redirect_uri=redirect_uri,
            challenge=challenge,
            expires_at_us=at_us + self.lives.code_us,
        )
        _drop_oldest(self.codes)
        return secret

    def redeem_code(self, seed: int, shown: Presented, *, at_us: int) -> Tokens | Denial:
        """Use up a code, for tokens or for nothing.

        Raises:
            OAuthError: `invalid_grant`, if there is no such code.
        """
        code = self.codes.get(shown.code)
        if code is None:
            raise OAuthError("invalid_grant", "No such authorization code was given by this world.")
        if code.presented:
            self.end(code.grant_id)
            return Denial("The authorization code was presented before; what it gave has been revoked.")
        self.codes[shown.code] = replace(code, presented=True)
        if reason := _mismatch(code, shown, at_us, life_us=self.lives.code_us):
            return Denial(reason)
        grant, tokens = self.begin(seed, code.consent, at_us=at_us)
        self.codes[shown.code] = replace(code, presented=True, grant_id=grant.id)
        return tokens

    def begin(
        self, seed: int, consent: Consent, *, at_us: int, access_life_us: int | None = None
    ) -> tuple[Grant, Tokens]:
        """A new grant, and its first tokens; the access token lives as long as usual unless said."""
        grant = self._grant(seed, consent, at_us)
        for dropped in _drop_oldest(self.grants):
            self.end(dropped)
        life_us = self.lives.access_us if access_life_us is None else access_life_us
        return grant, self._tokens(seed, grant, expires_at_us=at_us + life_us, at_us=at_us)

    def resume(self, seed: int, session: Session, *, at_us: int) -> None:
        """Take up a session from before the world began, as if its tokens had been given now."""
        grant = self._grant(seed, session.consent, at_us)
        expires_at_us = at_us if session.expired else at_us + self.lives.access_us
        self.access_tokens[session.access_token] = AccessToken(grant_id=grant.id, expires_at_us=expires_at_us)
        if session.refresh_token is not None:
            self.kept[session.refresh_token] = grant.id

    def refresh(
        self, seed: int, refresh_token: str, *, client_id: str, scope: str | None, at_us: int
    ) -> Tokens | Denial:
        """New tokens for a refresh token, which is used up. A used one ends its grant.

        Raises:
            OAuthError: `invalid_grant`, if it does not belong to this client; `invalid_scope`.
        """
        grant, rotation = self._grant_to_refresh(seed, refresh_token)
        if grant.consent.client_id not in (None, client_id):
            raise OAuthError("invalid_grant", "The refresh token was given to another client.")
        if rotation < grant.rotation:
            self.end(grant.id)
            return Denial("The refresh token was used before; the session it belonged to has been revoked.")
        if grant.refresh_until_us <= at_us:
            raise OAuthError("invalid_grant", "The refresh token has expired; ask for consent again.")
        granted = grant.consent.scope
        if scope is not None and not set(scope.split()) <= set(granted.split()):
            raise OAuthError("invalid_scope", f"A refresh can ask for what was allowed, {granted}, or less.")
        grant = replace(grant, rotation=rotation + 1, refresh_until_us=at_us + self.lives.refresh_us)
        self.grants[grant.id] = grant
        tokens = self._tokens(seed, grant, expires_at_us=at_us + self.lives.access_us, at_us=at_us)
        return tokens._replace(scope=scope or granted)

    def revoke(self, seed: int, token: str, *, client_id: str | None) -> None:
        """End an access token, or with a refresh token the whole grant. One that nobody has is ended already.

        Raises:
            OAuthError: `invalid_grant`, if it is another client's.
        """
        grant_id = self.grant_id_of(seed, token)
        if grant_id is None:
            return
        owner = self.grants[grant_id].consent.client_id
        if None not in (owner, client_id) and owner != client_id:
            raise OAuthError("invalid_grant", "The token was given to another client.")
        if token in self.access_tokens:
            del self.access_tokens[token]
        else:
            self.end(grant_id)

    def grant_id_of(self, seed: int, token: str) -> str | None:
        """The id of the grant that an access or refresh token belongs to, valid or not."""
        if token in self.access_tokens:
            return self.access_tokens[token].grant_id
        try:
            return self._grant_to_refresh(seed, token)[0].id
        except OAuthError:
            return None

    def end(self, grant_id: str | None) -> None:
        """End a grant and all its tokens."""
        self.grants.pop(grant_id or "", None)
        for secret in [key for key, token in self.access_tokens.items() if token.grant_id == grant_id]:
            del self.access_tokens[secret]

    def expire(self, secrets: Iterable[str], *, at_us: int) -> int:
        """Let these access tokens end now, so that their clients have to refresh; how many lived."""
        ended = 0
        for secret in secrets:
            token = self.access_tokens[secret]
            if at_us < token.expires_at_us:
                self.access_tokens[secret] = replace(token, expires_at_us=at_us)
                ended += 1
        return ended

    def _grant(self, seed: int, consent: Consent, at_us: int) -> Grant:
        id = self._drawn(seed)[:16]
        self.grants_made += 1
        self.grants[id] = Grant(id=id, consent=consent, refresh_until_us=at_us + self.lives.refresh_us)
        return self.grants[id]

    def _tokens(self, seed: int, grant: Grant, *, expires_at_us: int, at_us: int) -> Tokens:
        secret = f"oat_{self._drawn(seed)}"
        self.access_tokens[secret] = AccessToken(grant_id=grant.id, expires_at_us=expires_at_us)
        _drop_oldest(self.access_tokens)
        life_s = (expires_at_us - at_us) // SECOND_US
        return Tokens(secret, life_s, _refresh_token(seed, grant.id, grant.rotation), grant.consent.scope)

    def _grant_to_refresh(self, seed: int, refresh_token: str) -> tuple[Grant, int]:
        if (kept := self.grants.get(self.kept.get(refresh_token, ""))) is not None:
            return kept, 0
        match = REFRESH_TOKEN.fullmatch(refresh_token)
        grant = self.grants.get(match["grant_id"]) if match else None
        rotation = int(match["rotation"]) if match else 0
        if (
            grant is None
            or rotation > grant.rotation
            or _refresh_token(seed, grant.id, rotation) != refresh_token
        ):
            raise OAuthError("invalid_grant", "The refresh token is not known here, or it was revoked.")
        return grant, rotation

    def _drawn(self, seed: int) -> str:
        self.drawn += 1
        return draw(seed, "oauth", self.drawn).hex()


def is_challenge(text: str) -> bool:
    """Whether this is the S256 code challenge of any verifier."""
    return CHALLENGE.fullmatch(text) is not None


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a verifier (RFC 7636)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _mismatch(code: Code, shown: Presented, at_us: int, *, life_us: int) -> str | None:
    if code.expires_at_us <= at_us:
        return f"The authorization code has expired; it lived {life_us // SECOND_US} seconds."
    if code.consent.client_id != shown.client_id:
        return "The authorization code was given to another client."
    if code.redirect_uri != shown.redirect_uri:
        return "redirect_uri differs from the one in the authorization request."
    if not VERIFIER.fullmatch(shown.verifier) or challenge_of(shown.verifier) != code.challenge:
        return "code_verifier does not fit the code_challenge of the authorization request."
    return None


def _refresh_token(seed: int, grant_id: str, rotation: int) -> str:
    # It says its grant and rotation, so used ones need not be kept to be told from those that never were.
    return f"ort_{grant_id}_{rotation}_{draw(seed, f'refresh {grant_id}', rotation).hex()}"


def _drop_oldest(kept: dict[str, Any]) -> list[str]:
    dropped = []
    while len(kept) > ENTRIES_KEPT_MAX:
        dropped.append(next(iter(kept)))
        del kept[dropped[-1]]
    return dropped
