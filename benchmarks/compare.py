"""How fast mockkrea is, as ratios to references that are measured in the same run.

    python benchmarks/compare.py [--rounds 5] [--seconds 2] [--only NAME]... [--json FILE]

Exit codes: 0 measured, whatever came out; 1 something could not be measured; 2 a wrong call, or no wrk.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import load
from catalogue import measure_catalogue
from dashboard import measure_dashboard
from endurance import measure_jump, measure_memory
from figures import Figure, NotMeasurable, table
from footprint import measure_footprint
from history import measure_history
from mcp_calls import measure_mcp
from pictures import measure_pictures
from plugin import measure_plugin
from throughput import Effort, measure_gets, measure_posts
from videos import measure_videos
from worlds import measure_worlds

ROUNDS_MIN, ROUNDS_MAX = 5, 50
SECONDS_MAX = 60

PARTS: dict[str, Callable[[Effort, Path], list[Figure]]] = {
    "post": measure_posts,
    "get": measure_gets,
    "mcp": measure_mcp,
    "footprint": lambda effort, folder: measure_footprint(effort.rounds, folder),
    "catalogue": lambda effort, folder: measure_catalogue(effort.rounds),
    "pictures": lambda effort, folder: measure_pictures(folder),
    "video": lambda effort, folder: measure_videos(folder),
    "dashboard": lambda effort, folder: measure_dashboard(effort.rounds, folder),
    "worlds": lambda effort, folder: measure_worlds(folder),
    "plugin": lambda effort, folder: measure_plugin(effort.rounds),
    "jump": lambda effort, folder: measure_jump(effort.rounds, folder),
    "memory": lambda effort, folder: measure_memory(folder),
    "history": lambda effort, folder: measure_history(effort.rounds, folder),
}

HOW_TO_READ = (
    "Medians of {rounds} rounds. A ratio is mockkrea to the reference of the same round;"
    " min to max is of what the goal is about."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say how it went."""
    options = _options(arguments)
    if not load.is_possible():
        print(load.HOW_TO_INSTALL, file=sys.stderr)
        return 2
    effort = Effort(options.rounds, options.seconds)
    figures: list[Figure] = []
    failures: dict[str, str] = {}
    for name in options.only or PARTS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="mockkrea-benchmark-") as folder:
            try:
                figures += PARTS[name](effort, Path(folder))
            except NotMeasurable as reason:
                failures[name] = str(reason)
    _report(figures, failures, effort, options.json)
    return 1 if failures else 0


def _report(figures: list[Figure], failures: dict[str, str], effort: Effort, json_file: Path | None) -> None:
    if figures:
        print(f"{table(figures)}\n\n{HOW_TO_READ.format(rounds=effort.rounds)}")
    for name, reason in failures.items():
        print(f"{name}: not measurable. {reason}")
    if json_file is not None:
        facts = {
            "rounds": effort.rounds,
            "seconds": effort.seconds,
            "python": platform.python_version(),
            "versions": {
                each: version(each) for each in ("mockkrea", "starlette", "uvicorn", "pillow", "av")
            },
            "figures": [figure.as_data() for figure in figures],
            "not_measurable": failures,
        }
        json_file.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--rounds",
        type=_whole(ROUNDS_MIN, ROUNDS_MAX),
        default=ROUNDS_MIN,
        help=f"{ROUNDS_MIN} (the default) to {ROUNDS_MAX}",
    )
    parser.add_argument(
        "--seconds", type=_whole(1, SECONDS_MAX), default=2, help="of load per round and server, default 2"
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round's figures there")
    return parser.parse_args(arguments)


def _whole(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"must be a whole number from {low} to {high}; it was {text!r}")
        return int(text)

    return number


if __name__ == "__main__":
    sys.exit(main())
