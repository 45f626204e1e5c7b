"""What a request that brings media or a job says of it in its headers."""

from __future__ import annotations

from functools import partial

from mockkrea import calls
from mockkrea.adapters.http import Request
from mockkrea.adapters.own_urls import own_file
from mockkrea.core.errors import UnreadableRequest
from mockkrea.core.hints import shortened
from mockkrea.inputs import Terms
from mockkrea.tenant import Tenant


def terms_of(request: Request) -> Terms:
    """What a request that brings media says besides its body.

    Raises:
        UnreadableRequest: the header for zero data retention says something else than 1.
    """
    said = request.header("x-api-zero-data-retention")
    if said is not None and said != "1":
        raise UnreadableRequest(
            f"X-Api-Zero-Data-Retention must be 1, or left out; it was {shortened(said)!r}."
        )
    return Terms(partial(own_file, request), zero_data_retention=said is not None)


def submission_terms_of(tenant: Tenant, request: Request) -> Terms:
    """The same of a submission, which may name a webhook.

    Raises:
        UnreadableRequest: as `terms_of`, or nothing can be sent to the webhook's URL.
    """
    terms = terms_of(request)
    url = request.header("x-webhook-url")
    if url is None:
        return terms
    return terms._replace(webhook=calls.read_webhook(tenant, url, base_url=request.base_url))
