"""Hermes' own Krea plugin, which has Krea's address written into it, draws beside a mock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.asking import Json, clean_environment
from tests.clients.conftest import from_pypi
from tests.contract.requirements import requirement

# Hermes, and of the hundred packages that it asks for those that its image tool uses.
HERMES = (
    "hermes-agent==0.19.0",
    "certifi==2026.5.20",
    "charset-normalizer==3.5.2",
    "idna==3.20",
    "pyyaml==6.0.3",
    "requests==2.33.0",
    "urllib3==2.8.0",
)
GENERATE = Path(__file__).parent / "hermes" / "generate.py"
SETTINGS = "image_gen: {provider: krea, model: krea-2-medium-turbo}\n"
WAIT_S = 60


class Hermes:
    """A person's Hermes that is set up for Krea."""

    def __init__(self, python: str, home: Path) -> None:
        self._python, self._home = python, home
        (home / "config.yaml").write_text(SETTINGS)

    def draw(self, **arguments: str) -> tuple[Json, str]:
        """What its image tool says to these arguments, and what the mock beside it says in the end."""
        command = (self._python, str(GENERATE), json.dumps(arguments))
        ran = subprocess.run(
            (sys.executable, "-m", "mockkrea", "exec", *command),
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            env=clean_environment() | {"HERMES_HOME": str(self._home)},
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout), ran.stderr


@pytest.fixture(scope="session")
def hermes_python(clients_folder: Path) -> str:
    return from_pypi(clients_folder, "hermes", "--no-deps", *HERMES)


@pytest.fixture
def hermes(hermes_python: str, tmp_path: Path) -> Hermes:
    return Hermes(hermes_python, tmp_path)


@requirement("hosts:clients")
@pytest.mark.parametrize(
    ("arguments", "usd"),
    [({}, "0.015"), ({"image_url": "https://example.com/a-style.png"}, "0.0175")],
    ids=["from text", "after a style"],
)
def test_hermes_submits_polls_and_keeps_the_picture(
    hermes: Hermes, tmp_path: Path, arguments: dict[str, str], usd: str
) -> None:
    told, summary = hermes.draw(prompt="a fox", aspect_ratio="landscape", **arguments)

    assert told["success"], told
    assert f"3 requests, 1 job (1 completed), ada-personal: {usd} USD spent" in summary
    assert Path(told["image"]).is_relative_to(tmp_path)
    with Image.open(told["image"]) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.02)


@requirement("clients:hermes")
@pytest.mark.parametrize(
    ("arguments", "error", "summary"),
    [
        (
            {"prompt": "a fox [[mock:402]]"},
            "Krea image generation failed (402): Your API balance is separate",
            "1 request, no jobs, no money moved",
        ),
        (
            {"prompt": "a fox", "image_url": "/home/ada/a-style.png"},
            "Krea image generation failed (422): 1 problem: /image_style_references/0/url must be",
            "1 request, no jobs, no money moved",
        ),
        (
            # It looks for the error inside the result.
            {"prompt": "a fox [[mock:fail=nsfw]]"},
            "failed: unknown error",
            "2 requests, 1 job (1 failed), ada-personal: 0.015 USD given back",
        ),
    ],
    ids=["402", "422", "failed"],
)
def test_hermes_tells_its_model_what_went_wrong(
    hermes: Hermes, arguments: dict[str, str], error: str, summary: str
) -> None:
    told, said = hermes.draw(**arguments)

    assert not told["success"]
    assert error in told["error"]
    assert summary in said
