"""What is planned, by its time: put anything in, take it out when it is due, in the order of time.

A world plans tens of thousands of ends, most of them seconds ahead. They wait unordered in slots of a
few milliseconds; only the slots stand in a heap, and a slot becomes a heap itself when it is the next.
So taking a plan out touches its few neighbours, where one large heap would touch dozens of plans that
have long left the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

# When it is due, the order of planning (plans of one microsecond come in it), and whose it is.
Due = tuple[int, int, str]

SLOT_BITS = 14  # 16,384 microseconds


@dataclass(slots=True)
class Agenda:
    """Plans by the number of their slot. `slots` is a heap of these, `opened` the one that is a heap itself.

    `made` numbers the plans, `size` counts those that wait.
    """

    plans: dict[int, list[Due]] = field(default_factory=dict)
    slots: list[int] = field(default_factory=list)
    opened: int | None = None
    made: int = 0
    size: int = 0

    def add(self, due_us: int, job_id: str) -> None:
        """Due something for this job."""
        self.made += 1
        self.put((due_us, self.made, job_id))

    def put(self, plan: Due) -> None:
        """Take up a plan, or put one back that was taken out."""
        slot = plan[0] >> SLOT_BITS
        self.size += 1
        if slot not in self.plans:
            self.plans[slot] = [plan]
            heappush(self.slots, slot)
        elif slot == self.opened:
            heappush(self.plans[slot], plan)
        else:
            self.plans[slot].append(plan)

    def next(self) -> Due | None:
        """The earliest plan, left where it is."""
        return self._next_slot()[0] if self.slots else None

    def take(self, until_us: int) -> Due | None:
        """Take out the earliest plan, if it is due by then."""
        if not self.slots or (plans := self._next_slot())[0][0] > until_us:
            return None
        self.size -= 1
        plan = heappop(plans)
        if not plans:
            del self.plans[heappop(self.slots)]
        return plan

    def keep(self, is_wanted: Callable[[str], bool]) -> None:
        """Drop the plans of all jobs but the wanted ones."""
        kept = [plan for plan in self.all() if is_wanted(plan[2])]
        self.plans, self.slots, self.opened, self.size = {}, [], None, 0
        for plan in kept:
            self.put(plan)

    def in_order(self) -> Agenda:
        """The same plans, whoever has looked: how far they are ordered already depends on that."""
        same = Agenda(made=self.made)
        for plan in self.all():
            same.put(plan)
        return same

    def all(self) -> Iterator[Due]:
        """Every plan, in the order of time."""
        for slot in sorted(self.plans):
            yield from sorted(self.plans[slot])

    def _next_slot(self) -> list[Due]:
        plans = self.plans[self.slots[0]]
        if self.opened != self.slots[0]:
            heapify(plans)
            self.opened = self.slots[0]
        return plans
