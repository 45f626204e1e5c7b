"""One world as a test holds it."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from mockkrea.environment import client_environment
from mockkrea.scenario_run import Summary, summary
from mockkrea.testing import report
from mockkrea.testing.clock import Clock
from mockkrea.testing.faults import Faults
from mockkrea.testing.jobs import Job, submit
from mockkrea.testing.oauth import OAuth
from mockkrea.testing.pointing import pointing_at_the_test
from mockkrea.testing.reach import Reach
from mockkrea.testing.requests import Requests
from mockkrea.testing.webhooks import Webhooks
from mockkrea.testing.workspaces import Workspace


@pointing_at_the_test
class Krea:
    """A pretend Krea that clients reach at `url`, and a test by the methods here.

    Where a test asks for something that cannot be, a `MockKreaError` says what would have been right.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self.was_verified = False
        self._beginning = report.beginning(reach)
        self.url = reach.url
        self.api_key = reach.tenant.api_key
        self.env = client_environment(self.url, self.api_key)
        self.mcp_url = self.env["KREA_MCP_URL"]
        self.control_url = self.env["MOCKKREA_CONTROL_URL"]
        self.clock = Clock(reach)
        self.requests = Requests(reach)
        self.webhooks = Webhooks(reach)
        self.faults = Faults(reach)
        self.oauth = OAuth(reach)

    def __repr__(self) -> str:
        return f"<mockkrea at {self.url}>"

    @property
    def world(self) -> str:
        """The world's name, as in `/w/NAME`."""
        return self._reach.tenant.name

    @property
    def seed(self) -> int:
        """What decides every id and every jitter."""
        return self._reach.tenant.seed

    def submit(
        self, model: str, /, *, api_key: str | None = None, webhook_url: str | None = None, **body: object
    ) -> Job:
        """Ask for a generation as a client would: `krea.submit("bfl/flux-1-dev", prompt="a fox")`.

        It is billed like any other, but is no request: faults do not meet it and `requests` does not have it.

        Args:
            model: its id, with or without the category.
            api_key: whose workspace pays; the default one's if not given.
            webhook_url: told when the job has ended.

        Raises:
            MockKreaError: what Krea would answer, in a sentence.
        """
        __tracebackhide__ = True
        plain = orjson.loads(orjson.dumps(body))
        key = api_key or self.api_key
        return Job(
            self._reach,
            self._reach.run(submit(self._reach, model, plain, api_key=key, webhook_url=webhook_url)),
        )

    def job(self, id: str) -> Job:
        """The job with this id, whosever it is.

        Raises:
            NotFound: there is none.
        """
        __tracebackhide__ = True
        self._reach.query(lambda state: state.any_job(id))
        return Job(self._reach, id)

    def jobs(self) -> list[Job]:
        """All jobs, oldest first, whosever they are."""
        return [Job(self._reach, id) for id in self._reach.query(lambda state: list(state.jobs))]

    def workspace(self, id: str | None = None) -> Workspace:
        """The workspace with this id, or the one that `api_key` acts for.

        Raises:
            InvalidChange: there is none; says the nearest.
        """
        __tracebackhide__ = True
        if id is None:
            key = self._reach.tenant.token_meant(self.api_key)
            id = self._reach.query(lambda state: state.directory.token_of(key)[1].id)
        return Workspace(self._reach, id)

    def next_error(
        self,
        status: int,
        *,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
        when: Mapping[str, object] | None = None,
    ) -> None:
        """Answer the next request with this status; as `faults.next_error`."""
        __tracebackhide__ = True
        self.faults.next_error(status, message=message, headers=headers, when=when)

    def set(self, **settings: object) -> None:
        """Change settings from now on, by the names of `serve --set`: `krea.set(progression="manual")`.

        Raises:
            InvalidChange: no such setting, or no value of it; says what would have been right.
        """
        __tracebackhide__ = True
        self._reach.run(self._reach.tenant.change_settings(settings))

    def reset(self) -> None:
        """Start over: everything that happened goes, the seed and the scenario stay."""

        async def reset() -> None:
            self._reach.tenant.reset()

        self._reach.run(reset())

    def verify(self) -> None:
        """Raise unless what the scenario expects came true.

        Raises:
            AssertionError: it did not; says what was found instead.
        """
        __tracebackhide__ = True
        self.was_verified = True
        verdict = self.verdict()
        if not verdict.is_fine:
            raise AssertionError("\n".join(verdict.lines))

    @property
    def has_expectations(self) -> bool:
        """Whether its scenario expects anything."""
        scenario = self._reach.tenant.scenario
        return scenario is not None and bool(scenario.expected)

    def verdict(self) -> Summary:
        """What came of the scenario's expectations; nothing is wrong where there are none."""
        scenario = self._reach.tenant.scenario
        return Summary("", []) if scenario is None else self._reach.run(summary(self._reach.tenant, scenario))

    def report(self) -> list[str]:
        """What happened here, for a person: last requests with near-misses, open jobs, money moved."""
        return report.report(self._reach, since=self._beginning)

    def tally(self) -> str:
        """The same in one line: how many requests and jobs, and what they cost."""
        return report.tally(self._reach, since=self._beginning)

    def unexpected(self, statuses: frozenset[str]) -> list[str]:
        """The requests that were answered one of these statuses, "404" or "4xx", a line for each.

        Not those that a fault rule or a magic word asked for, nor those of a status that was verified.
        """
        verified = self.requests.statuses_verified
        return report.answered(self._reach, statuses, besides=verified, since=self._beginning)
