from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockkrea.core.clients import UNNAMED, known_by, register
from mockkrea.core.errors import OAuthError
from tests.asking import TIMELESS

ALLOWED = [
    "https://app.example/callback",
    "https://app.example:8443/callback?from=krea",
    "http://localhost:3118/callback",
    "http://127.0.0.1/oauth/callback",
    "http://[::1]:7777/",
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "com.example.app:/oauth",
    "vscode://vscode.github-authentication/did-authenticate",
]
REFUSED = [
    "javascript:alert(1)",
    "JavaScript://localhost/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://app.example/1",
    "http://app.example/callback",
    "http://localhost.example/callback",
    "http://127.0.0.1.example/callback",
    "http://localhost@app.example/callback",
    "https:///callback",
    "https://user:word@app.example/",
    "https://app.example/callback#fragment",
    "https://app.example/call back",
    "https://app.example/\r\nSet-Cookie: a=b",
    "https://app.example\\@localhost/",
    "/callback",
    "",
    "https://app.example/" + "a" * 500,
]


@pytest.mark.parametrize("uri", ALLOWED)
def test_a_client_may_return_to_where_an_application_can_listen(uri: str) -> None:
    assert register("Client", [uri]).may_return_to(uri)


@pytest.mark.parametrize("uri", REFUSED, ids=lambda uri: uri[:40])
def test_a_redirect_uri_that_leads_elsewhere_is_not_registered(uri: str) -> None:
    with pytest.raises(OAuthError, match="must be an https URL") as refused:
        register("Client", ["https://app.example/", uri])

    assert refused.value.error == "invalid_redirect_uri"
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("count", [0, 11])
def test_a_client_registers_one_to_ten_redirect_uris(count: int) -> None:
    with pytest.raises(OAuthError, match=f"1 to 10 URIs; it lists {count}"):
        register("Client", ["https://app.example/"] * count)


@pytest.mark.parametrize(
    ("registered", "asked", "matches"),
    [
        ("http://localhost:3118/callback", "http://localhost:50123/callback", True),
        ("http://127.0.0.1/callback", "http://127.0.0.1:1/callback", True),
        ("http://[::1]:80/callback", "http://[::1]/callback", True),
        ("http://localhost:3118/callback", "http://localhost:3118/other", False),
        ("http://localhost:3118/callback", "http://127.0.0.1:3118/callback", False),
        ("http://localhost:3118/callback", "https://localhost:3118/callback", False),
        ("https://app.example/callback", "https://app.example:444/callback", False),
        ("https://app.example/callback", "https://app.example/callback?a=b", False),
        ("https://app.example/callback", "https://app.example/callback/", False),
        ("cursor://cb:1/x", "cursor://cb:2/x", False),
    ],
)
def test_only_a_loopback_redirect_may_come_with_another_port(
    registered: str, asked: str, matches: bool
) -> None:
    assert register("Client", [registered]).may_return_to(asked) is matches


@TIMELESS
@given(st.text(max_size=60), st.lists(st.sampled_from(ALLOWED), min_size=1, max_size=10))
def test_an_id_carries_the_whole_registration_whatever_the_name(name: str, uris: list[str]) -> None:
    name = name.encode(errors="ignore").decode()
    client = register(name, uris)

    assert known_by(client.id) == client


@pytest.mark.parametrize("name", [None, "", "  ", "\u202e\u200b"])
def test_a_client_without_a_visible_name_is_shown_as_unnamed(name: str | None) -> None:
    assert register(name, ALLOWED).name == UNNAMED


def test_a_name_cannot_turn_the_direction_of_writing_nor_go_on_forever() -> None:
    assert register("Kr\u202eae\u2066", ALLOWED).name == "Krae"
    with pytest.raises(OAuthError, match="may have 100 characters; it has 101"):
        register("x" * 101, ALLOWED)


def test_an_id_that_was_changed_anywhere_is_not_known() -> None:
    id = register("Client", ALLOWED[:1]).id

    for place in range(len(id)):
        changed = id[:place] + ("A" if id[place] != "A" else "B") + id[place + 1 :]
        with pytest.raises(OAuthError, match="not given by mockkrea"):
            known_by(changed)


@pytest.mark.parametrize(
    "id", ["", ".", "x", "https://app.example/client.json", "W10.", "é.é", "W10.é", "\ud800"]
)
def test_an_id_that_was_made_up_is_an_invalid_client(id: str) -> None:
    with pytest.raises(OAuthError) as refused:
        known_by(id)

    assert refused.value.error == "invalid_client"
