"""The README's examples of tests are right: each runs, beside a mock, in the tool that it is for."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockkrea.cli import main
from mockkrea.environment import client_environment
from mockkrea.testing import MockServer
from tests.asking import clean_environment
from tests.plugin.projects import PLUGIN

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")
PYTEST = README.partition("## Test with pytest")[2].partition("\n## ")[0]
ANYTHING = README.partition("## Test with anything else")[2].partition("\n## ")[0]
UNMODIFIED = README.partition("## Unmodified clients")[2].partition("\n## ")[0]
WAIT_S = 120

pytest_plugins = ["pytester"]

# As much of Jest and Vitest as the example needs.
JEST = """
const expect = (actual) => ({ toBe: (wanted) => {
  if (actual !== wanted) { console.log(`${actual} is not ${wanted}`); process.exitCode = 1; }
} });
const test = async (name, run) => { await run(); console.log(name); };
"""


def blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def execute(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mockkrea", "exec", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=WAIT_S, env=clean_environment(), check=False
    )


def need(tool: str) -> None:
    if shutil.which(tool) is None:
        assert os.environ.get("MOCKKREA_REQUIRE_ALL") != "1", f"{tool} is missing"
        pytest.skip(f"{tool} is missing")


def test_the_example_for_pytest_passes_as_it_stands(pytester: pytest.Pytester) -> None:
    [example] = blocks(PYTEST, "python")
    pytester.makepyfile(example)

    pytester.runpytest_inprocess(*PLUGIN, "--strict-markers").assert_outcomes(passed=2)


def test_every_call_in_the_table_for_pytest_can_be_made() -> None:
    calls = re.findall(
        r"`(mockkrea\.[^`]+)`", PYTEST.partition("| what a test can do")[2].partition("\n\n")[0]
    )

    assert len(calls) == 16
    with MockServer() as server:
        for number, call in enumerate(calls):
            krea = server.world(f"call-{number}", progression="time")
            eval(call, {"mockkrea": krea, "id": krea.submit("bfl/flux-1-dev", prompt="a fox").id})


def test_what_the_marker_and_exec_take_is_named() -> None:
    [sentence] = re.findall(r"The marker takes (.*?)With", PYTEST, re.DOTALL)
    result = CliRunner().invoke(main, ["exec", "--help"])

    assert re.findall(r"`(\w+)(?:=\w+)?`", sentence) == [
        "scenario",
        "seed",
        "progression",
        "settings",
        "frozen",
        "fail_on",
    ]
    for flag in ("--progression", "--speed", "--scenario", "--seed", "--set", "--ready-file"):
        assert f"`{flag}" in ANYTHING
        assert flag in result.output


def test_the_variables_that_the_examples_read_are_those_that_are_set() -> None:
    known = set(client_environment("", ""))

    assert set(re.findall(r"\b(?:KREA|MOCKKREA)_[A-Z_]+\b", ANYTHING)) == known
    assert set(re.findall(r"\bKREA_[A-Z_]+\b", PYTEST)) <= known


def test_the_example_for_jest_and_vitest_draws_a_fox(tmp_path: Path) -> None:
    need("node")
    [example] = blocks(ANYTHING, "js")
    (tmp_path / "fox.test.js").write_text(JEST + example, encoding="utf-8")

    ran = execute("--", "node", "fox.test.js", cwd=tmp_path)

    assert (ran.returncode, ran.stdout) == (0, "a fox is drawn\n"), ran.stderr
    assert "1 job (1 completed)" in ran.stderr


def test_the_example_for_go_draws_a_fox(tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("go is missing")
    [example] = blocks(ANYTHING, "go")
    (tmp_path / "fox_test.go").write_text(example, encoding="utf-8")
    (tmp_path / "go.mod").write_text("module fox\n\ngo 1.20\n", encoding="utf-8")

    ran = execute("--", "go", "test", "./...", cwd=tmp_path)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 job (1 completed)" in ran.stderr


def test_the_example_for_a_shell_does_what_its_scenario_expects(tmp_path: Path) -> None:
    need("curl")
    commands, script = blocks(ANYTHING, "bash")
    (tmp_path / "fox_test.sh").write_text(script, encoding="utf-8")
    [command] = [line for line in commands.splitlines() if line.endswith("fox_test.sh")]

    ran = execute(*command.split()[2:], cwd=tmp_path)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["holds"] is True
    assert ran.stderr.splitlines()[0] == "✓ api-balance-exhausted"


def test_every_command_line_of_the_examples_is_one_that_exec_takes() -> None:
    commands, _ = blocks(ANYTHING, "bash")

    for line in commands.splitlines():
        program, name, *arguments = line.split()
        assert program == "mockkrea"
        command = main.commands[name]
        with command.make_context(name, arguments) as context:
            assert context.params["command"]


def test_the_example_for_clients_that_know_kreas_address_only_runs(tmp_path: Path) -> None:
    need("curl")
    [example] = blocks(UNMODIFIED, "bash")
    command = shlex.split(example)
    assert command[:3] == ["mockkrea", "exec", "--"]

    ran = execute(*command[2:], cwd=tmp_path)

    assert ran.returncode == 0, ran.stderr
    document = json.loads((tmp_path / "openapi.json").read_text(encoding="utf-8"))
    assert document["servers"][0]["url"] == "https://api.krea.ai"
