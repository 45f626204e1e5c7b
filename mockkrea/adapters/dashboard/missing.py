"""The page in the place of a world that is not there: it was dropped, or nobody has made it."""

from __future__ import annotations

from mockkrea.adapters import pages, refusal_wire
from mockkrea.adapters.dashboard.acting import Outcome
from mockkrea.adapters.dashboard.look import Look
from mockkrea.adapters.http_answers import Answer, json_answer

# The call of its button.
MAKE = ("POST", "/worlds")


def missing_page(look: Look, outcome: Outcome | None = None) -> Answer:
    """That the world of the request is not there, and why it could not be made if that was tried."""
    name = look.request.world_path.rpartition("/")[2]
    status, reason = outcome or Outcome(404, None)
    if refusal_wire.prefers_json(look.request):
        detail = reason or f"There is no world {name}; nothing has changed."
        return json_answer({"call": "", "status": status, "detail": detail}, status)
    facts: dict[str, object] = {
        "ui": look.ui,
        "back": look.back if look.request.method == "GET" else look.ui,
        "world": name,
        "default_ui": look.ui_of(look.worlds.default),
        "make": " ".join(MAKE),
        "process": look.process,
        "reason": reason,
        "beyond": look.request.door.beyond_loopback,
    }
    return pages.framed("missing.html", facts, status)
