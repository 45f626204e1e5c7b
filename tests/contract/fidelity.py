"""Makes `docs/fidelity.md` out of the requirements: `python -m tests.contract.fidelity`."""

from __future__ import annotations

from pathlib import Path

from tests.contract.requirements import REQUIREMENTS, Confidence, Requirement

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"

HEAD = """# What is known of Krea, and what is assumed

Each behaviour that mockkrea copies, with where it is known from. *Documented*: by Krea. *Recorded*: by
somebody, from a real answer. *Inferred*: from what real clients handle. *Assumed*: nobody knows, so
mockkrea decides. Every line has a test. This page is made from `tests/contract/requirements.py`.

"""


def page() -> str:
    """The whole page."""
    counts = [
        f"{sum(each.confidence is confidence for each in REQUIREMENTS)} {confidence}"
        for confidence in Confidence
    ]
    rows = [f"| {_behaviour(each)} | {each.confidence} | {each.source} |" for each in REQUIREMENTS]
    table = "\n".join(["| behaviour *and where we differ* | confidence | source |", "|---|---|---|", *rows])
    return f"{HEAD}{len(REQUIREMENTS)} behaviours: {', '.join(counts)}.\n\n{table}\n"


def _behaviour(each: Requirement) -> str:
    return f"{each.sentence} *{each.divergence}*" if each.divergence else each.sentence


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
