"""The fields of OAuth requests, which come as a query or as a form, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from mockkrea.adapters import own_urls
from mockkrea.adapters.http import Request
from mockkrea.core.errors import OAuthError

FORM_TYPE = "application/x-www-form-urlencoded"
BYTES_MAX = 100_000
FIELDS_MAX = 40


class Fields(NamedTuple):
    """Values by name, and the resources that were named, of which there may be several (RFC 8707)."""

    values: Mapping[str, str]
    resources: tuple[str, ...]

    def get(self, name: str) -> str | None:
        """A field that need not be there. An empty one is not (RFC 6749, 3.1)."""
        return self.values.get(name) or None

    def needed(self, name: str) -> str:
        """A field that has to be there.

        Raises:
            OAuthError: `invalid_request`.
        """
        if not (value := self.get(name)):
            raise OAuthError("invalid_request", f"{name} is missing.")
        return value

    def check_resource(self, request: Request) -> None:
        """See that tokens are wanted for this server.

        Raises:
            OAuthError: `invalid_target` (RFC 8707).
        """
        for resource in self.resources:
            if not (own_urls.is_here(request, resource) and _is_ours(resource, request.base_url)):
                ours = f"{request.base_url}/mcp"
                raise OAuthError("invalid_target", f"resource must be {ours}; it was {resource[:200]!r}.")


def fields_in(text: str) -> Fields:
    """The fields of a query or form. Bytes that are no UTF-8 are kept, to be echoed as they came.

    Raises:
        OAuthError: `invalid_request`, if a field is there twice, or there are too many.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=FIELDS_MAX)
    except ValueError:
        raise OAuthError("invalid_request", f"A request may have at most {FIELDS_MAX} fields.") from None
    resources = tuple(value for name, value in pairs if name == "resource")
    others = [(name, value) for name, value in pairs if name != "resource"]
    values = dict(others)
    if len(values) < len(others):
        names = [name for name, _ in others]
        twice = next(name for name in names if names.count(name) > 1)
        raise OAuthError("invalid_request", f"{twice[:40]!r} is given more than once; send it once.")
    return Fields(values, resources)


async def form_of(request: Request) -> Fields:
    """The fields of a request's body.

    Raises:
        OAuthError: `invalid_request`, if it is no form, or a very long one.
        UnreadableRequest, BodyTooLarge: as `Request.body`.
    """
    content_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if content_type != FORM_TYPE:
        raise OAuthError(
            "invalid_request",
            f"The body must be {FORM_TYPE}; its Content-Type was {request.shown_content_type}.",
        )
    body = await request.body()
    if len(body) > BYTES_MAX:
        raise OAuthError(
            "invalid_request", f"A form may have at most {BYTES_MAX:,} bytes; it has {len(body):,}."
        )
    return fields_in(body.decode("latin-1"))


def _is_ours(resource: str, base_url: str) -> bool:
    """Whether a URL of this server is the world's MCP server, or the world itself."""
    whole, world = urlsplit(resource), urlsplit(base_url).path
    return whole.path.rstrip("/") in (world, f"{world}/mcp") and not whole.query and not whole.fragment
