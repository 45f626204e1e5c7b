"""Magic words: errors through any client with no set-up, in a prompt or behind the colon of a key.

`[[mock:402]]` in a prompt makes that one request or job go wrong. Each word stands for a `then` of the
rule language, so what a word can do a rule can do too, and several words of one prompt come together.
docs/magic.md has this table for people; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, NamedTuple

from mockkrea.core.clock import SECOND_US, duration_of
from mockkrea.core.errors import InvalidInput, InvalidRule, Issue
from mockkrea.core.faults import Effect
from mockkrea.core.hints import hint
from mockkrea.core.outcomes import Outcome
from mockkrea.core.rule_reading import read_effect, read_ending

MARK = "[[mock:"
WORD = re.compile(r"\[\[mock:([^\]\n]{0,80})\]\]")
# Why a request was refused that no limit of the world refuses.
TOLD_SO = "mockkrea was told to say so"

STATUS = re.compile("[45][0-9]{2}")

Then = Mapping[str, object]

# What becomes of the job.
JOB_WORDS: Mapping[str, Then] = {
    "fail": {"status": "failed"},
    "fail=CODE": {"status": "failed", "error": {"code": "CODE"}},
    "empty": {"status": "completed", "empty": True},
    "cancelled": {"status": "cancelled"},
    "slow=20s": {"seconds": 20},
}

# What becomes of the request that submits it.
REQUEST_WORDS: Mapping[str, Then] = {
    "STATUS": {"status": 402},
    "rate-limited": {"status": 429, "headers": {"Retry-After": "1"}},
    "plan": {"status": 402, "message": "Plan required"},
    "reset": {"connection": "reset"},
    "lost": {"phase": "after_apply", "connection": "reset"},
    "empty-reply": {"connection": "empty"},
    "hang": {"connection": "hang"},
    "malformed": {"phase": "after_apply", "body": '{"job_id": "', "content_type": "application/json"},
    "html": {"status": 502, "body": "<h1>502 Bad Gateway</h1>", "content_type": "text/html"},
    "latency=2s": {"latency": "2s"},
}


class KeyWord(StrEnum):
    """What can stand behind the colon of `mk_NAME:`, and what each request with such a key meets."""

    INSUFFICIENT = "insufficient"
    RATE_LIMITED = "rate-limited"
    REVOKED = "revoked"
    VIEWER = "viewer"


# How like a magic word the second half of a key must be to be one misspelt, from 0 to 1.
LIKENESS = 0.8


class PromptDirectives(NamedTuple):
    """What a prompt asks for: an end for its job, and an effect on the request."""

    outcome: Outcome | None = None
    effect: Effect | None = None


def read_directives(prompt: str) -> PromptDirectives:
    """What the magic words of a prompt ask for.

    Raises:
        InvalidInput: a word is unknown, its value is none, or two contradict each other.
    """
    of_job, of_request = _Directives(), _Directives()
    for word in dict.fromkeys(WORD.findall(prompt)):
        name, equals, value = word.partition("=")
        is_job, then = _meaning(word, name, value if equals else None)
        (of_job if is_job else of_request).add(word, then)
    try:
        outcome = read_ending(of_job.then) if of_job.then else None
        effect = read_effect(of_request.then) if of_request.then else None
    except InvalidRule as refusal:
        raise _refusal(f"the magic words do not fit: {refusal.found[0].message}") from None
    if outcome is not None and effect is not None and not effect.lets_apply:
        raise _contradiction(of_job.words[0], of_request.words[0])
    return PromptDirectives(outcome, effect)


class _Directives:
    """What several magic words say together."""

    def __init__(self) -> None:
        self.then: dict[str, Any] = {}
        self.words: list[str] = []
        self._said_by: dict[str, str] = {}

    def add(self, word: str, then: Then) -> None:
        """Let one more word say its part."""
        for key, value in then.items():
            if self.then.setdefault(key, value) != value:
                raise _contradiction(word, self._said_by[key])
            self._said_by.setdefault(key, word)
        self.words.append(word)


def key_word(behind_colon: str) -> KeyWord | None:
    """The magic word that the second half of a key is, if it is one."""
    return KeyWord(behind_colon) if behind_colon in set(KeyWord) else None


def nearest_key_word(behind_colon: str) -> KeyWord | None:
    """The magic word that the second half of a key is nearly, if it is nearly one."""
    nearest = get_close_matches(behind_colon.lower(), list(KeyWord), n=1, cutoff=LIKENESS)
    return KeyWord(nearest[0]) if nearest else None


def _meaning(word: str, name: str, value: str | None) -> tuple[bool, Then]:
    """Whether the word is about the job, and its `then`."""
    if value is None and word in JOB_WORDS:
        return True, JOB_WORDS[word]
    if value is None and word in REQUEST_WORDS and word != "STATUS":
        return False, REQUEST_WORDS[word]
    if value is None and STATUS.fullmatch(word):
        return False, {"status": int(word)}
    if name == "fail" and value:
        return True, {"status": "failed", "error": {"code": value}}
    if name == "slow" and value:
        return True, {"seconds": _microseconds(word, value) / SECOND_US}
    if name == "latency" and value:
        return False, {"latency": value}
    known = [*JOB_WORDS, *REQUEST_WORDS]
    raise _refusal(f"{MARK}{word}]] is not a magic word.{hint(word, known)}")


def _microseconds(word: str, value: str) -> int:
    try:
        return duration_of(value)
    except ValueError as reason:
        raise _refusal(f"{MARK}{word}]]: {reason}.") from None


def _contradiction(word: str, other: str) -> InvalidInput:
    return _refusal(f"{MARK}{word}]] contradicts {MARK}{other}]]: use one of them.")


def _refusal(sentence: str) -> InvalidInput:
    return InvalidInput([Issue("/prompt", f"/prompt: {sentence} --no-magic turns them off.")])
