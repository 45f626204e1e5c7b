"""Chance that can be dealt again: a hash of the world's seed, a purpose and a counter.

There is no generator state to keep or to lose. The counter is whatever the purpose counts (the
number of the job, say), so the same seed and calls deal the same ids, jitter and tokens, and a
refused request, which counts as nothing, draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

DEAL_BYTES = 64


@dataclass(frozen=True, slots=True)
class Randomness:
    """One world's chance. `seed` is any integer."""

    seed: int

    def deal(self, purpose: str, counter: int) -> bytes:
        """64 bytes that depend on the seed, the purpose and the counter only."""
        return blake2b(f"{self.seed}/{purpose}/{counter}".encode(), digest_size=DEAL_BYTES).digest()


def uuid_of(dealt: bytes) -> str:
    """The first 16 dealt bytes as the text of a version 4 UUID."""
    text = dealt[:16].hex()
    variant = "89ab"[dealt[8] & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


def between(dealt: bytes, low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included, from the first 8 dealt bytes."""
    assert low <= high
    return low + int.from_bytes(dealt[:8], "big") % (high - low + 1)
