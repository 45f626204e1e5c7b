"""What a shell offers after TAB."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mockkrea.data import load_catalogue
from tests.asking import clean_environment

# As `mockkrea` is called once it is installed.
PROGRAM = "from mockkrea.cli import main; main(prog_name='mockkrea')"


def offered(words: str, folder: Path | None = None) -> list[str]:
    """What bash would offer for the last of these words, each with its type."""
    return completing("bash_complete", words, folder).splitlines()


def completing(instruction: str, words: str = "mockkrea", folder: Path | None = None) -> str:
    """What click prints for a shell."""
    root = str(Path(__file__).parent.parent)
    asked = {
        "_MOCKKREA_COMPLETE": instruction,
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=clean_environment() | asked,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def test_commands_and_choices_are_offered() -> None:
    assert "plain,doctor" in offered("mockkrea d")
    assert offered("mockkrea mcp-config c") == ["plain,claude", "plain,codex", "plain,cursor"]


def test_models_are_offered_by_the_beginning_of_their_ids() -> None:
    flux = [model.id for model in load_catalogue().models if model.id.startswith("image/bfl/")]

    assert flux
    assert offered("mockkrea models image/bfl/") == [f"plain,{id}" for id in flux]


def test_ready_made_scenarios_are_offered_and_files_where_none_begins_so(tmp_path: Path) -> None:
    for command in ("serve", "exec"):
        assert "plain,api-balance-exhausted" in offered(f"mockkrea {command} --scenario api")
    assert offered("mockkrea serve --scenario ./my") == ["file,./my"]


def test_files_are_offered_where_a_file_is_wanted(tmp_path: Path) -> None:
    assert offered("mockkrea drift --against op") == ["file,op"]
    assert offered("mockkrea serve --spec op") == ["file,op"]
    assert offered("mockkrea lint ./my") == ["file,./my"]


def test_names_of_settings_are_offered() -> None:
    assert offered("mockkrea serve --set err") == ["plain,error_keys="]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_line_that_is_documented_for_each_shell_prints_a_script(shell: str) -> None:
    document = (Path(__file__).parent.parent / "docs" / "setup.md").read_text(encoding="utf-8")

    [instruction] = re.findall(rf"_MOCKKREA_COMPLETE=({shell}_source) mockkrea", document)
    assert "_MOCKKREA_COMPLETE=" in completing(instruction)
