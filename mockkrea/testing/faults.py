"""What a test lets go wrong: rules about requests, as docs/faults.md has them."""

from __future__ import annotations

from collections.abc import Mapping

from mockkrea import control_calls
from mockkrea.core.fault_commands import RemoveFaults
from mockkrea.testing.pointing import pointing_at_the_test
from mockkrea.testing.reach import Reach


@pointing_at_the_test
class Faults:
    """The fault rules of one world."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def add(
        self,
        *,
        when: Mapping[str, object] | None = None,
        then: Mapping[str, object],
        times: int | None = None,
    ) -> str:
        """Let requests go wrong from now on; the rule's id.

        `add(when={"path": "/generate/**", "first": 1}, then={"status": 503})`.

        Raises:
            InvalidRule: a key, value, model or workspace that there is not; says all of them, and the nearest
                right ones.
        """
        rule: dict[str, object] = {"when": {} if when is None else when, "then": then}
        if times is not None:
            rule["times"] = times
        return self._reach.run(control_calls.add_fault(self._reach.tenant, rule))

    def next_error(
        self,
        status: int,
        *,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
        when: Mapping[str, object] | None = None,
    ) -> str:
        """Answer the next request to the API or MCP server, or the next that `when` means, with this status.

        Raises:
            InvalidRule: as `add`.
        """
        answer: dict[str, object] = {"status": status}
        if message is not None:
            answer["message"] = message
        if headers is not None:
            answer["headers"] = headers
        if when is not None:
            answer["when"] = when
        return self._reach.run(control_calls.next_error(self._reach.tenant, answer))

    def remove(self, id: str) -> None:
        """Take one rule away.

        Raises:
            NotFound: there is none with this id.
        """
        self._reach.execute(RemoveFaults(id))

    def clear(self) -> None:
        """Take all rules away."""
        self._reach.execute(RemoveFaults())
