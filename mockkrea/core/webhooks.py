"""Where a client wants to be told that its job has ended, and when to try again.

That a URL in the header `X-Webhook-URL` gets one POST when the job completes, fails or is cancelled is
documented; the retries are ASSUMED.
"""

from __future__ import annotations

from typing import NamedTuple

from mockkrea.core.clock import SECOND_US

# After each failed attempt, how long until the next one.
RETRY_AFTER_US = (1 * SECOND_US, 5 * SECOND_US, 25 * SECOND_US)


class Webhook(NamedTuple):
    """A URL to POST a job to. `base_url` is what its own URLs begin with for whoever submitted it."""

    url: str
    base_url: str
    retry_after_us: tuple[int, ...] = RETRY_AFTER_US
