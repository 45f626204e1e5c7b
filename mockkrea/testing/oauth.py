"""OAuth sessions for a test that does not want to go through consent."""

from __future__ import annotations

from datetime import timedelta

from mockkrea.control_calls import issue_tokens
from mockkrea.core.consent import Tokens
from mockkrea.core.consent_commands import ExpireAccessTokens, RevokeGrants
from mockkrea.testing.moments import microseconds_of
from mockkrea.testing.naming import check_names
from mockkrea.testing.pointing import pointing_at_the_test
from mockkrea.testing.reach import Reach


@pointing_at_the_test
class OAuth:
    """The OAuth sessions of one world; over MCP they spend compute units."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def token(self, *, workspace: str | None = None, person: str | None = None) -> str:
        """An access token as if a person had allowed some client; as `tokens` gives it."""
        return self.tokens(workspace=workspace, person=person).access_token

    def tokens(
        self,
        *,
        workspace: str | None = None,
        person: str | None = None,
        expires_in: str | float | timedelta | None = None,
        legacy: bool = False,
    ) -> Tokens:
        """Access and refresh token; the access token lasts `expires_in`, as "10s", or an hour, of mock time.

        The person is the workspace's owner or the first one, the workspace the person's default. A `legacy`
        session is bound to no workspace.

        Raises:
            InvalidChange: no such person or workspace; says the nearest.
            Forbidden: the person is no member of the workspace.
        """
        self._check(person, workspace)
        life_us = None if expires_in is None else microseconds_of(expires_in)
        tenant = self._reach.tenant
        return self._reach.run(
            issue_tokens(tenant, person=person, workspace=workspace, life_us=life_us, legacy=legacy)
        )

    def expire(self, token: str | None = None) -> int:
        """End all access tokens, or this one's session's; their clients can refresh. How many lived."""
        return self._reach.execute(ExpireAccessTokens(token))

    def revoke(self, token: str | None = None) -> int:
        """End all sessions, or this token's, for good. How many there were."""
        return self._reach.execute(RevokeGrants(token))

    def _check(self, person: str | None, workspace: str | None) -> None:
        people, workspaces = self._reach.query(
            lambda state: (list(state.directory.people), list(state.directory.workspaces))
        )
        check_names([] if person is None else [person], people, what="person")
        check_names([] if workspace is None else [workspace], workspaces, what="workspace")
