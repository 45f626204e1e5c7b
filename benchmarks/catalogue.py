"""How long the catalogue takes to load, as each server does once at its start."""

from __future__ import annotations

import json
import subprocess
import sys

from figures import Figure, Goal, NotMeasurable

CATALOGUE_GOAL = Goal("≤", 50)

# In a process of its own, which has loaded it not once before; the imports are in the line about the startup.
# libyaml parses the same files after that, so whatever is slow only for the first time counts as ours.
LOADING = """
import json
from time import perf_counter
import yaml
from mockkrea.core.catalogue import Category
from mockkrea.data import fixtures_dir, load_catalogue

def took_ms(work):
    began_s = perf_counter()
    work()
    return (perf_counter() - began_s) * 1000

def parse():
    for name in ("catalogue.yaml", *(f"models/{category}.yaml" for category in Category)):
        yaml.load((fixtures_dir() / name).read_bytes(), Loader=yaml.CSafeLoader)

print(json.dumps([took_ms(load_catalogue), took_ms(parse)]))
"""


def measure_catalogue(rounds: int) -> list[Figure]:
    """Reading and compiling every model, in milliseconds.

    Raises:
        NotMeasurable: it did not load; this PyYAML may have no libyaml.
    """
    loads, parses = zip(*(_loading_ms() for _ in range(rounds)), strict=True)
    return [Figure(name="catalogue", unit="ms", ours=loads, theirs=parses, goal=CATALOGUE_GOAL)]


def _loading_ms() -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", LOADING], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise NotMeasurable(f"The catalogue did not load: {done.stderr.strip().splitlines()[-1]}")
    load_ms, parse_ms = json.loads(done.stdout)
    return load_ms, parse_ms
