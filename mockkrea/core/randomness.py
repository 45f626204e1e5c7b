"""Chance that can be drawn again: a hash of the world's seed, a purpose and a counter.

There is no generator state to keep or to lose. The counter is whatever the purpose counts (the
number of the job, say), so the same seed and calls draw the same ids, jitter and tokens, and a
refused request, which counts as nothing, draws nothing.
"""

from __future__ import annotations

from hashlib import blake2b

DRAWN_BYTES = 32

# Seeds are whole numbers that every JSON client reads exactly, up to this one, negative or not.
SEED_MAX = 2**53 - 1

SHORT_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
SHORT_ID_LENGTH = 9


def draw(seed: int, purpose: str, counter: int) -> bytes:
    """32 bytes that depend on the world's seed (any integer), the purpose and the counter only."""
    return blake2b(b"%d/%b/%d" % (seed, purpose.encode(), counter), digest_size=DRAWN_BYTES).digest()


def uuid_of(drawn: bytes) -> str:
    """The first 16 drawn bytes as the text of a version 4 UUID."""
    text = drawn[:16].hex()
    variant = "89ab"[drawn[8] & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


def short_id(drawn: bytes) -> str:
    """Nine small letters and digits from the first nine drawn bytes: `k3v0x9qta`."""
    return "".join(SHORT_ID_LETTERS[byte % len(SHORT_ID_LETTERS)] for byte in drawn[:SHORT_ID_LENGTH])


def between(drawn: bytes, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included, from the first 8 drawn bytes."""
    assert low <= high
    return low + int.from_bytes(drawn[:8], "big") % (high - low + 1)
