"""A tune that a seed decides, without any library: plucked notes over a slow bass.

All notes are of one pentatonic scale, in which nothing sounds wrong after anything else. A tune has
four bars of two seconds and then plays them again, so ten minutes cost hardly more than eight seconds.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import add
from random import Random

BARS = 4
STEPS_PER_BAR = 8
STEPS_PER_BASS = 4
STEP_S = 0.25
# After this it begins again.
ROUND_S = BARS * STEPS_PER_BAR * STEP_S

# Half-tones above the root: major and minor pentatonic, and what the bass may play under both.
SCALES = ((0, 2, 4, 7, 9, 12, 14, 16), (0, 3, 5, 7, 10, 12, 15, 17))
BASS = (-12, -12, -5, -17)
ROOTS_HZ = (220.0, 246.94, 261.63, 293.66, 329.63)
# How far the melody moves along its scale from note to note.
LEAPS = (-2, -1, -1, 0, 1, 1, 2)
PAUSES = 0.2

# Of 32,767; both together stay below it.
MELODY_LEVEL = 10_000
BASS_LEVEL = 8_000
# How strong the fundamental is, and what sounds above it.
PARTIALS = (1.0, 0.3, 0.12)
ATTACK_S = 0.008
# A note falls to e to the minus this.
DECAY = 4.0
FADE_S = 0.05

# Entries in one period of the timbre; notes step through them in parts of an entry.
PERIOD = 1_024
PART_BITS = 16


@dataclass(frozen=True, slots=True)
class _Key:
    """What a tune is played in."""

    root_hz: float
    scale: Sequence[int]
    rate: int

    def note(self, half_tones: int, steps: int, level: int) -> array[int]:
        return _note(
            self.root_hz * 2 ** (half_tones / 12), round(steps * STEP_S * self.rate), self.rate, level
        )


def tune(seed: float, duration_s: float, rate: int) -> array[int]:
    """Mono samples, signed 16 bits, `rate` a second, that begin and end in silence."""
    dice = Random(f"tune {seed}")
    key = _Key(dice.choice(ROOTS_HZ), dice.choice(SCALES), rate)
    bars: list[array[int]] = []
    whole = array("h")
    samples = round(duration_s * rate)
    played = 0
    while len(whole) < samples:
        if played < BARS:
            bars.append(_bar(key, dice))
        whole.extend(bars[played % BARS])
        played += 1
    del whole[samples:]
    _fade(whole, min(round(FADE_S * rate), samples // 2))
    return whole


def _bar(key: _Key, dice: Random) -> array[int]:
    melody, bass = array("h"), array("h")
    degree = dice.randrange(len(key.scale))
    for _ in range(STEPS_PER_BAR):
        degree = min(max(degree + dice.choice(LEAPS), 0), len(key.scale) - 1)
        level = 0 if dice.random() < PAUSES else MELODY_LEVEL
        melody.extend(key.note(key.scale[degree], 1, level))
    for _ in range(STEPS_PER_BAR // STEPS_PER_BASS):
        bass.extend(key.note(dice.choice(BASS), STEPS_PER_BASS, BASS_LEVEL))
    return array("h", map(add, melody, bass))


# A tune has a dozen different notes, and plays each of them again and again.
@lru_cache(maxsize=64)
def _note(hz: float, samples: int, rate: int, level: int) -> array[int]:
    if not level:
        return array("h", bytes(2 * samples))
    step = round(hz / rate * PERIOD * (1 << PART_BITS))
    period = [level * value for value in _period()]
    return array(
        "h",
        [
            int(period[(at >> PART_BITS) & (PERIOD - 1)] * strength)
            for at, strength in zip(range(0, step * samples, step), _envelope(samples, rate), strict=True)
        ],
    )


@lru_cache(maxsize=8)
def _envelope(samples: int, rate: int) -> tuple[float, ...]:
    """How strong a note is from its first sample, which is silent, to its last, which nearly is."""
    attack = round(ATTACK_S * rate)
    falling = (math.exp(-DECAY * index / samples) * (1 - index / samples) for index in range(samples))
    return tuple(min(1.0, index / attack) * strength for index, strength in enumerate(falling))


@cache
def _period() -> tuple[float, ...]:
    """One period of the timbre, at most 1."""
    turn = 2 * math.pi / PERIOD
    return tuple(
        sum(strength * math.sin(turn * at * harmonic) for harmonic, strength in enumerate(PARTIALS, start=1))
        / sum(PARTIALS)
        for at in range(PERIOD)
    )


def _fade(samples: array[int], length: int) -> None:
    for index in range(length):
        samples[index] = samples[index] * index // length
        samples[-1 - index] = samples[-1 - index] * index // length
