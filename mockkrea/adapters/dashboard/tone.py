"""What a colour on the dashboard says; `tokens.css` has the colours by these words."""

from __future__ import annotations

from enum import StrEnum


class Tone(StrEnum):
    """How something stands."""

    GOOD = "good"
    BAD = "bad"
    BUSY = "busy"
    WAIT = "wait"
    PAST = "past"
