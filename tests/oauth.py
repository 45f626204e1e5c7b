"""An OAuth client of the kind that agents have, for tests."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, urlsplit

import httpx

from mockkrea.core.consent import challenge_of
from tests.asking import URL, Json, Krea

CALLBACK = "http://localhost:3118/callback"
VERIFIER = "a-verifier-of-the-client-that-is-long-enough"

AUTHORIZE = "/auth/v1/oauth/authorize"
CONSENT = "/auth/v1/oauth/consent"
TOKEN = "/auth/v1/oauth/token"
REGISTER = "/auth/v1/oauth/clients/register"
REVOKE = "/auth/v1/oauth/revoke"


class Agent:
    """A client that has registered; `world` is the part of the path before everything, as in /w/NAME."""

    def __init__(
        self, krea: Krea, *, name: str = "Claude Code", redirect_uri: str = CALLBACK, world: str = ""
    ) -> None:
        self.krea = krea
        self.world = world
        self.redirect_uri = redirect_uri
        body = {"client_name": name, "redirect_uris": [redirect_uri]}
        self.id = str(krea.ask("POST", world + REGISTER, key=None, json=body).json()["client_id"])

    def request(self, **changes: str | None) -> dict[str, str]:
        """The fields of an authorization request; None leaves one out."""
        fields: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.redirect_uri,
            "state": "st&te",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            "resource": f"{URL}{self.world}/mcp",
        }
        return {name: value for name, value in (fields | changes).items() if value is not None}

    def authorize(self, **changes: str | None) -> httpx.Response:
        """The answer to an authorization request."""
        return self.krea.get(self.world + AUTHORIZE, key=None, params=self.request(**changes))

    def consent_page(self, person: str = "ada", **changes: str | None) -> httpx.Response:
        """The page that asks a person who has signed in."""
        link = link_of(self.authorize(**changes).text, person)
        return self.krea.get(f"{self.world}/auth/v1/oauth/{link}", key=None)

    def decide(self, page: httpx.Response, decision: str = "allow", **changes: str) -> httpx.Response:
        """Send the page's form, with these fields changed."""
        data = filled_in(page.text, decision=decision, **changes)
        return self.krea.ask("POST", self.world + CONSENT, key=None, data=data)

    def code(self, person: str = "ada", **choice: str) -> str:
        """A code that a person's consent gave."""
        return answer_in(self.decide(self.consent_page(person), **choice))["code"]

    def exchange(self, code: str, **changes: str | None) -> httpx.Response:
        """Present a code at the token endpoint."""
        fields = {
            "grant_type": "authorization_code",
            "client_id": self.id,
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": VERIFIER,
            "resource": f"{URL}{self.world}/mcp",
        }
        return self.post(TOKEN, fields | changes)

    def refresh(self, refresh_token: str, **changes: str | None) -> httpx.Response:
        """Present a refresh token."""
        fields = {"grant_type": "refresh_token", "client_id": self.id, "refresh_token": refresh_token}
        return self.post(TOKEN, fields | changes)

    def revoke(self, token: str, **changes: str | None) -> httpx.Response:
        """Revoke a token."""
        return self.post(REVOKE, {"token": token, "client_id": self.id} | changes)

    def tokens(self, person: str = "ada", **choice: str) -> Json:
        """Tokens by way of a person's consent."""
        answer = self.exchange(self.code(person, **choice))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, fields: dict[str, str | None] | dict[str, str]) -> httpx.Response:
        """POST a form; a field that is None is left out."""
        data = {name: value for name, value in fields.items() if value is not None}
        return self.krea.ask("POST", self.world + path, key=None, data=data)


def answer_in(redirect: httpx.Response) -> dict[str, str]:
    """What a redirect brings to the client."""
    assert redirect.status_code == 303, redirect.text
    return dict(parse_qsl(urlsplit(redirect.headers["location"]).query, keep_blank_values=True))


def link_of(sign_in_page: str, person: str) -> str:
    """Where the sign-in page leads this person."""
    links = [html.unescape(each) for each in re.findall(r'href="(consent\?[^"]+)"', sign_in_page)]
    [link] = [each for each in links if f"person={person}&" in each]
    return link


def filled_in(consent_page: str, **changes: str) -> dict[str, str]:
    """What the form of the consent page sends when a person changes these fields."""
    fields = re.findall(r'<input type="(?:hidden|radio)" name="(\w+)" value="([^"]*)"([^>]*)>', consent_page)
    chosen = {
        name: html.unescape(value) for name, value, rest in fields if name != "workspace" or "checked" in rest
    }
    return chosen | changes
