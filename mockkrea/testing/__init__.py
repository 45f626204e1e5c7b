"""A mock in the test's own process: what stands behind `mockkrea.serve()` and the pytest fixture.

The server runs in a thread and answers clients over HTTP; the test reaches its world directly.
"""

from mockkrea.core.errors import MockKreaError
from mockkrea.testing.jobs import Job
from mockkrea.testing.krea import Krea
from mockkrea.testing.requests import Expected, Matchers
from mockkrea.testing.serving import MockServer, Serving, serve
from mockkrea.testing.webhooks import Webhook
from mockkrea.testing.workspaces import Funds, Row, Workspace
from mockkrea.verification import Seen

__all__ = [
    "Expected",
    "Funds",
    "Job",
    "Krea",
    "Matchers",
    "MockKreaError",
    "MockServer",
    "Row",
    "Seen",
    "Serving",
    "Webhook",
    "Workspace",
    "serve",
]
