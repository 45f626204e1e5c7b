"""Which logged requests the control API is asked for."""

from __future__ import annotations

from mockkrea.adapters.bodies import RequestFilter
from mockkrea.adapters.request_wire import job_id_of
from mockkrea.core.clock import moment_of
from mockkrea.core.errors import InvalidChange
from mockkrea.core.globs import fits
from mockkrea.core.hints import shortened
from mockkrea.core.rule_keys import METHODS
from mockkrea.request_log import Exchange
from mockkrea.verification import adapter_of, is_status


def matching(exchanges: list[Exchange], wanted: RequestFilter) -> list[Exchange]:
    """Those that the filter takes, in the order of arrival, of too many the last ones.

    Raises:
        InvalidChange: `since` is no time, or `method` no method.
    """
    method = wanted.method and wanted.method.upper()
    if method is not None and method not in METHODS:
        raise InvalidChange(f"/method must be one of {', '.join(METHODS)}, not {shortened(method)}.")
    since_us = _moment(wanted.since)
    taken = [
        each
        for each in exchanges
        if each.at_us >= since_us
        and (wanted.path is None or fits(wanted.path, each.path))
        and _takes(wanted, each)
    ]
    return taken[-wanted.limit :]


def _takes(wanted: RequestFilter, exchange: Exchange) -> bool:
    return (
        exchange.number > wanted.after
        and (wanted.method is None or exchange.method == wanted.method.upper())
        and (wanted.status is None or is_status(wanted.status, exchange.status))
        and (wanted.adapter is None or adapter_of(exchange.path) == wanted.adapter)
        and (wanted.job_id is None or job_id_of(exchange) == wanted.job_id)
    )


def _moment(text: str | None) -> int:
    if text is None:
        return 0
    try:
        return moment_of(text)
    except ValueError as error:
        raise InvalidChange(f"/since: {error}.") from None
