"""The table of paths."""

from __future__ import annotations

import pytest

from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer
from mockkrea.adapters.routing import Routes
from mockkrea.tenant import Tenant


async def answer(tenant: Tenant, request: Request) -> Answer:
    raise NotImplementedError


GET = {"GET": answer}
ROUTES = Routes(
    {
        "/jobs": GET,
        "/jobs/{id}": GET,
        "/styles/{id}/share/link": GET,
        "/styles/train": GET,
        "/generate/{model...}": GET,
    }
)


@pytest.mark.parametrize(
    ("path", "args"),
    [
        ("/jobs", ()),
        ("/jobs/j1", ("j1",)),
        ("/styles/abc/share/link", ("abc",)),
        ("/generate/image/bfl/flux-1-dev", ("image/bfl/flux-1-dev",)),
        ("/generate/x//", ("x//",)),
    ],
)
def test_a_path_is_found_with_what_stood_at_its_placeholders(path: str, args: tuple[str, ...]) -> None:
    assert ROUTES.at(path) == (GET, args)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/job",
        "/jobs/",
        "/jobs//",
        "/jobs/a/b",
        "//jobs",
        "/generate",
        "/generate/",
        "/styles/a/share/x",
    ],
)
def test_any_other_path_has_nothing(path: str) -> None:
    assert ROUTES.at(path) == ({}, ())
