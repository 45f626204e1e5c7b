"""What the documentation says is true: its commands run, its answers are the real ones, its flags exist."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from PIL import Image

from mockkrea import cli, data
from mockkrea.adapters.control import ROUTES
from mockkrea.adapters.mcp.endpoint import MCP_PATH
from mockkrea.settings import VALUES, Settings
from tests.asking import Served

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]

# What differs from run to run: ids and the port, of which the same one has to stay the same, and times.
NAMES = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|localhost:\d+"
TIMES = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def masked(text: str, seen: dict[str, str]) -> str:
    """The text with what differs written alike; the same id alike each time it is seen."""
    numbered = re.sub(NAMES, lambda match: seen.setdefault(match[0], f"<{len(seen)}>"), text)
    return re.sub(TIMES, "<time>", numbered).strip()


def transcript() -> Iterator[tuple[str, str]]:
    """Each command of the README's consoles, and the answer printed below it."""
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            last = next(n for n, line in enumerate(lines) if not line.endswith("\\"))
            yield "\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :])


@pytest.fixture
def server() -> Iterator[Served]:
    with Served("--port", "0") as running:
        yield running


def test_every_command_of_the_readme_gives_the_answer_printed_below_it(
    server: Served, tmp_path: Path
) -> None:
    if shutil.which("curl") is None:
        assert os.environ.get("MOCKKREA_REQUIRE_ALL") != "1", "curl is missing"
        pytest.skip("curl is missing")
    steps = list(transcript())
    really: dict[str, str] = {}
    printed: dict[str, str] = {}

    for command, answer in steps:
        asked = command.replace("localhost:5732", f"localhost:{server.url.rpartition(':')[2]}")
        ran = subprocess.run(
            ["bash", "-c", asked], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True
        )
        assert masked(ran.stdout, really) == masked(answer, printed), command

    assert len(steps) == 6
    with Image.open(tmp_path / "lighthouse.png") as picture:
        assert picture.size == (1368, 768)
        assert picture.text["prompt"] == "a lighthouse in fog"  # type: ignore[attr-defined]


def test_the_two_set_up_commands_are_the_ones_that_ci_runs() -> None:
    commands = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/mockkrea serve",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest",
    ]
    for command in commands:
        for step in command.split(" && "):
            assert step in ci, f"{step} is not run"


def test_the_reference_lists_every_command_and_every_flag_of_serve() -> None:
    listed = set(re.findall(r"^\| `mockkrea ([\w-]+)", REFERENCE, re.MULTILINE))
    rows = re.findall(r"^\| (?:`-\w`, )?`(--[\w-]+)[^`]*` \| `?([^|`]*)`? \|", REFERENCE, re.MULTILINE)
    serve = cli.main.commands["serve"]
    flags = {option.opts[-1]: option for option in serve.params if isinstance(option, click.Option)}

    assert listed == set(cli.main.commands)
    assert [name for name, _ in rows] == list(flags)
    for name, default in rows:
        assert flags[name].envvar == "MOCKKREA_" + name[2:].replace("-", "_").upper()
        if flags[name].default is not None and not flags[name].is_flag and "drawn" not in default:
            assert str(flags[name].default).removesuffix(".0") in (default.strip(), "Sentinel.UNSET"), name


def test_the_reference_lists_every_setting_with_its_default() -> None:
    section = REFERENCE.partition("Settings for `--set`")[2].partition("\n## ")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| `?(\w+)`? \|", section, re.MULTILINE))

    assert list(listed) == list(VALUES)
    assert Settings().having(listed) == Settings()


def test_the_reference_lists_every_call_of_the_control_api_and_no_other() -> None:
    section = REFERENCE.partition("## Control API")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(GET|POST|PATCH|DELETE) ([\w/{}-]+)` \|", section, re.MULTILINE)

    known = [(method, re.sub(r"{\w+}", "{id}", path)[1:]) for method, path, *_ in ROUTES]
    assert listed == known


def test_the_readme_names_the_keys_of_a_fresh_world() -> None:
    setup = data.load_setup()
    rows = re.findall(r"^\| `(mockkrea:\w+)` \| ([^|,]+?)(?:,[^|]*)? \| (\w+) \|", README, re.MULTILINE)

    assert rows == [
        (secret, setup.workspaces[token.workspace_id].name, setup.workspaces[token.workspace_id].plan.name)
        for secret, token in setup.tokens.items()
    ]


def test_the_configurations_for_agents_parse_and_lead_to_the_default_address() -> None:
    section = README.partition("## Connect an agent")[2].partition("\n## ")[0]
    [command, codex, cursor] = (
        block
        for kind in ("text", "toml", "json")
        for block in re.findall(rf"```{kind}\n(.*?)```", section, re.S)
    )

    serve = {option.name: option.default for option in cli.main.commands["serve"].params}
    url = f"http://{serve['host']}:{serve['port']}{MCP_PATH}"
    assert shlex.split(command) == ["claude", "mcp", "add", "--transport", "http", "krea-ai", url]
    assert tomllib.loads(codex) == {"mcp_servers": {"krea-ai": {"url": url}}}
    assert json.loads(cursor) == {"mcpServers": {"krea-ai": {"url": url}}}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_bodies_printed_in_the_control_table_are_json() -> None:
    section = REFERENCE.partition("## Control API")[2]
    bodies = re.findall(r"`(\{[^`]+\})`", section)

    assert len(bodies) >= 8
    for body in bodies:
        json.loads(body)
