"""Asking a person whether a client may act for them, and in which workspace.

Three steps, each with the client's whole request in its query or form, so nothing is kept between them:
`authorize` asks who somebody is, `consent` what they allow, its form brings the answer. A request whose
client or redirect URI is wrong ends on a page; whatever else is wrong is told to the client.

The form carries a signature over world, person and request, made with a key that no other page can
know: an answer comes from our own page. The key lasts as long as the process.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from secrets import token_bytes
from string import punctuation
from typing import NamedTuple
from urllib.parse import quote, urlencode

from mockkrea.adapters import hosts, pages, refusal_wire, wire
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer
from mockkrea.adapters.oauth_fields import Fields, fields_in, form_of
from mockkrea.adapters.routing import Methods
from mockkrea.core import clients
from mockkrea.core.clients import Client
from mockkrea.core.consent import SCOPES, Consent, is_challenge
from mockkrea.core.consent_commands import AllowClient
from mockkrea.core.errors import Forbidden, NotFound, OAuthError
from mockkrea.core.ledger import Meter
from mockkrea.core.money import Unit, in_whole_units
from mockkrea.core.state import State
from mockkrea.core.workspaces import Person, Workspace
from mockkrea.settings import APPROVE_DEFAULT, APPROVE_NOBODY
from mockkrea.tenant import Tenant

CONSENT_PATH = "/auth/v1/oauth/consent"
KEY_BYTES = 32


class RedirectTarget(NamedTuple):
    """Where the answer goes, and what has to go with it."""

    client: Client
    redirect_uri: str
    state: str | None
    issuer: str

    def url(self, **answer: str) -> str:
        """The redirect URI with the answer, the state as it came, and who answers (RFC 9207)."""
        state = {} if self.state is None else {"state": self.state}
        query = urlencode(answer | state | {"iss": self.issuer}, errors="surrogateescape")
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{query}"

    def redirect(self, **answer: str) -> Answer:
        """Send the browser there with the answer."""
        headers = ((b"location", self.url(**answer).encode()), *wire.NOT_STORED)
        return Answer(303, b"", b"text/plain", headers)

    def redirect_with_page(self, heading: str, **answer: str) -> Answer:
        """Send a person's browser there. An application opens beside the page, which then says so."""
        if self.redirect_uri.lower().startswith(("http:", "https:")):
            return self.redirect(**answer)
        url = self.url(**answer)
        page = pages.page("returning.html", heading=heading, client_name=self.client.name, location=url)
        return page._replace(headers=(*page.headers, (b"refresh", f"0;url={url}".encode())))


class AuthorizationRequest(NamedTuple):
    """An authorization request with nothing wrong. `text` is its query."""

    text: str
    target: RedirectTarget
    challenge: str
    scope: str

    def allowed_by(self, person: Person, workspace_id: str) -> AllowClient:
        """The command that allows it."""
        client_id = self.target.client.id
        return AllowClient(
            consent=Consent(
                client_id=client_id, person_id=person.id, workspace_id=workspace_id, scope=self.scope
            ),
            redirect_uri=self.target.redirect_uri,
            challenge=self.challenge,
        )


Step = Callable[[AuthorizationRequest], Awaitable[Answer]]


class Authorize:
    """The steps, and the key that signs the form between them."""

    def __init__(self) -> None:
        self._key = token_bytes(KEY_BYTES)

    @property
    def routes(self) -> dict[str, Methods]:
        """Which paths lead to which step."""
        return {
            wire.AUTHORIZE_PATH: {"GET": self.sign_in},
            CONSENT_PATH: {"GET": self.ask, "POST": self.decide},
        }

    async def sign_in(self, tenant: Tenant, request: Request) -> Answer:
        """`GET authorize`: who is it? Under `auto_approve` nobody is asked."""
        text = quote(request.scope["query_string"], safe=punctuation)

        async def step(wanted: AuthorizationRequest) -> Answer:
            if tenant.settings.auto_approve != APPROVE_NOBODY:
                return await _approve(tenant, wanted)
            people = await tenant.look_up(lambda directory: list(directory.people.values()))
            client_name = wanted.target.client.name
            return pages.page("sign_in.html", asked=text, client_name=client_name, people=people)

        return await _within(request, text, step)

    async def ask(self, tenant: Tenant, request: Request) -> Answer:
        """`GET consent`: may the client act for this person, and where?"""
        query = request.query
        text, person_id = query.get("request", ""), query.get("person", "")

        async def step(wanted: AuthorizationRequest) -> Answer:
            def choices(state: State) -> tuple[Person, list[dict[str, object]]]:
                directory = state.directory
                own = [_choice(state, each) for each in directory.workspaces_of(person_id)]
                return directory.person(person_id), own

            person, workspaces = await tenant.query(choices)
            return pages.page(
                "consent.html",
                asked=text,
                client_name=wanted.target.client.name,
                redirect_uri=wanted.target.redirect_uri,
                scopes=wanted.scope.split(),
                person=person,
                workspaces=workspaces,
                csrf=self._signature(tenant, person_id, text),
            )

        return await _within(request, text, step)

    async def decide(self, tenant: Tenant, request: Request) -> Answer:
        """`POST consent`: the person's answer."""
        try:
            form = await form_of(request)
            text, person_id, signature = (form.needed(name) for name in ("request", "person", "csrf"))
        except OAuthError as refusal:
            return _refused(refusal, 400)
        expected = self._signature(tenant, person_id, text)
        if not hmac.compare_digest(signature.encode(errors="replace"), expected.encode()):
            reason = "This page was not made by this server, or before it was started again."
            return _refused(OAuthError("access_denied", reason), 403)

        async def step(wanted: AuthorizationRequest) -> Answer:
            if form.get("decision") != "allow":
                denial = {"error": "access_denied", "error_description": "The person said no."}
                return wanted.target.redirect_with_page("Denied", **denial)
            person = await tenant.look_up(lambda directory: directory.person(person_id))
            workspace_id = form.get("workspace") or person.default_workspace_id
            code = await tenant.execute(wanted.allowed_by(person, workspace_id))
            return wanted.target.redirect_with_page("Allowed", code=code)

        return await _within(request, text, step)

    def _signature(self, tenant: Tenant, person_id: str, text: str) -> str:
        said = "\n".join((tenant.name, person_id, text)).encode(errors="surrogateescape")
        return hmac.digest(self._key, said, "sha256").hex()


async def _approve(tenant: Tenant, wanted: AuthorizationRequest) -> Answer:
    setting = tenant.settings.auto_approve
    workspace_id = None if setting == APPROVE_DEFAULT else setting
    person, workspace = await tenant.look_up(lambda directory: directory.seat(None, workspace_id))
    code = await tenant.execute(wanted.allowed_by(person, workspace.id))
    return wanted.target.redirect(code=code)


async def _within(request: Request, text: str, step: Step) -> Answer:
    """Take a step of an authorization request, or tell whoever has to know why not."""
    try:
        fields = fields_in(text)
        target = _target(fields, request)
    except OAuthError as refusal:
        return _refused(refusal, 400)
    try:
        return await step(_authorization_request(text, fields, target, request))
    except (NotFound, Forbidden) as refusal:
        return _refused(refusal, refusal_wire.STATUS_OF[type(refusal)])
    except OAuthError as refusal:
        return target.redirect(error=refusal.error, error_description=str(refusal))


def _target(fields: Fields, request: Request) -> RedirectTarget:
    client = clients.known_by(fields.needed("client_id"))
    redirect_uri = fields.needed("redirect_uri")
    if not client.may_return_to(redirect_uri):
        registered = ", ".join(client.redirect_uris)
        raise OAuthError(
            "invalid_request", f"redirect_uri must be one that the client registered: {registered}."
        )
    return RedirectTarget(client, redirect_uri, fields.values.get("state"), hosts.issuer(request.base_url))


def _authorization_request(
    text: str, fields: Fields, target: RedirectTarget, request: Request
) -> AuthorizationRequest:
    if fields.needed("response_type") != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code.")
    challenge = fields.get("code_challenge") or ""
    if fields.get("code_challenge_method") != "S256" or not is_challenge(challenge):
        raise OAuthError(
            "invalid_request", "PKCE is needed: code_challenge with code_challenge_method S256 (RFC 7636)."
        )
    fields.check_resource(request)
    return AuthorizationRequest(text, target, challenge, _scope(fields.get("scope")))


def _scope(wanted: str | None) -> str:
    """What is granted of what a client wants: many ask for `openid` or `offline_access` besides."""
    granted = [scope for scope in SCOPES if wanted is None or scope in wanted.split()]
    if not granted:
        raise OAuthError("invalid_scope", f"scope must name one of {', '.join(SCOPES)}, or be left out.")
    return " ".join(granted)


def _choice(state: State, workspace: Workspace) -> dict[str, object]:
    amounts = {
        unit.value: state.ledger.balance(Meter(workspace.id, unit), at_us=state.settled_us).available
        for unit in Unit
    }
    return {
        "id": workspace.id,
        "name": workspace.name,
        "plan": workspace.plan.name,
        "usd": f"{in_whole_units(Unit.USD, amounts['usd']):,.2f}",
        "compute_units": f"{in_whole_units(Unit.COMPUTE_UNITS, amounts['compute_units']):,}",
    }


def _refused(refusal: NotFound | Forbidden | OAuthError, status: int) -> Answer:
    return pages.page("refused.html", status, reason=str(refusal))
