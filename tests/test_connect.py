"""What leads clients to a mock: `mockkrea env` in three formats, and `mockkrea mcp-config`."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import dotenv
import hypothesis
import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

from mockkrea import variable_formats
from mockkrea.cli import main
from mockkrea.environment import client_environment
from tests.asking import KEY, TIMELESS, Json
from tests.tools import require

URL = "http://127.0.0.1:5732"
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}

# No environment variable can hold NUL, and no process gets half of a surrogate pair.
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """A command in this process: its exit code, stdout and stderr."""
    result = CliRunner().invoke(main, arguments, env=dict(environment or {}), prog_name="mockkrea")
    return result.exit_code, result.stdout, result.stderr


def printed(*arguments: str) -> str:
    """What a command prints that goes well."""
    code, out, err = run(*arguments)
    assert code == 0, err
    return out


def read_by_a_shell(lines: str) -> str:
    """The variable X after a POSIX shell has read these lines."""
    shell = shutil.which("sh")
    assert shell is not None
    script = lines + '\nprintf "%s" "$X"'
    return subprocess.run([shell, "-c", script], capture_output=True, check=True).stdout.decode()


@hypothesis.given(VALUES)
@hypothesis.settings(TIMELESS)
def test_every_value_can_be_written_for_a_shell_and_as_json(value: str) -> None:
    assert read_by_a_shell(variable_formats.as_shell({"X": value})) == value
    assert json.loads(variable_formats.as_json({"X": value})) == {"X": value}


@hypothesis.given(VALUES | st.text("ab '\"\\$`#{}=\n"))
@hypothesis.example("${HOME}")
@hypothesis.example("it's \\")
@hypothesis.settings(TIMELESS, max_examples=300)
def test_what_is_written_into_a_dotenv_file_means_the_same_to_python_dotenv_and_a_shell(value: str) -> None:
    try:
        lines = variable_formats.as_dotenv({"X": value})
    except variable_formats.Unwritable:
        assert set(value) & set("'\\$\r\n")
        return

    assert dotenv.dotenv_values(stream=StringIO(lines)) == {"X": value}
    assert read_by_a_shell(lines) == value


def test_node_reads_from_a_dotenv_file_what_was_meant(tmp_path: Path) -> None:
    node, file = require("node"), tmp_path / ".env"
    letters = "ab '\"`#{}=!\t\u00a0é"
    values = [one + two + three for one in letters for two in letters for three in letters]
    wanted, lines = {}, []
    for number, value in enumerate(values):
        try:
            lines.append(variable_formats.as_dotenv({f"X{number}": value}))
        except variable_formats.Unwritable:
            continue
        wanted[f"X{number}"] = value
    file.write_text("\n".join(lines), encoding="utf-8")

    program = "console.log(JSON.stringify(process.env))"
    ran = subprocess.run([node, f"--env-file={file}", "-e", program], capture_output=True, check=True)

    assert len(wanted) > len(values) / 2
    assert wanted.items() <= json.loads(ran.stdout).items()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("http://127.0.0.1:5732/w/a-b_c", "http://127.0.0.1:5732/w/a-b_c"),
        ("", ""),
        ("two words # and more", "'two words # and more'"),
        ("it's", '"it\'s"'),
    ],
)
def test_a_dotenv_value_is_quoted_only_where_it_has_to_be(value: str, written: str) -> None:
    assert variable_formats.as_dotenv({"X": value}) == f"X={written}"


def test_env_has_the_same_variables_in_every_format() -> None:
    wanted = client_environment(URL, KEY)

    assert json.loads(printed("env", "--url", URL, "--format", "json")) == wanted
    assert dotenv.dotenv_values(stream=StringIO(printed("env", "--url", URL, "--format", "dotenv"))) == wanted
    assert printed("env", "--url", URL).splitlines() == [f"export {name}={wanted[name]}" for name in wanted]


def test_a_key_that_no_dotenv_file_can_hold_is_refused_with_another_way(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    path.write_text(json.dumps({"url": URL, "api_key": "a'b\\c"}))

    code, out, err = run("env", "--ready-file", str(path), "--format", "dotenv")

    assert (code, out) == (1, "")
    assert "KREA_API_TOKEN has characters" in err
    assert "--format json" in err


def test_a_world_stands_in_every_address_that_is_printed() -> None:
    variables = json.loads(printed("env", "--world", "alice", "--format", "json"))

    assert variables["KREA_BASE_URL"] == f"{URL}/w/alice"
    assert variables["KREA_MCP_URL"] == f"{URL}/w/alice/mcp"
    assert variables["MOCKKREA_CONTROL_URL"] == f"{URL}/w/alice/__mockkrea"
    # Where a client has Krea's own address written into it, its key alone leads to the world.
    assert variables["KREA_API_KEY"] == variables["KREA_API_TOKEN"] == "mk_alice:dev"
    assert f" {URL}/w/alice/mcp\n" in printed("mcp-config", "claude", "--world", "alice")


def test_what_was_printed_leads_the_next_command_to_the_same_world(monkeypatch: pytest.MonkeyPatch) -> None:
    first = json.loads(
        printed("env", "--url", "http://127.0.0.1:6000", "--world", "alice", "--format", "json")
    )
    for name, value in first.items():
        monkeypatch.setenv(name, value)

    again = json.loads(printed("env", "--format", "json"))
    elsewhere = json.loads(printed("env", "--world", "bob", "--format", "json"))

    assert again == first
    assert elsewhere["KREA_BASE_URL"] == "http://127.0.0.1:6000/w/bob"
    assert elsewhere["KREA_API_KEY"] == "mk_bob:dev"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["env", "--url", "localhost:5732"], "such as http://127.0.0.1:5732"),
        (["env", "--url", "http://"], "such as http://127.0.0.1:5732"),
        (["env", "--url", "http://a:b/"], "such as http://127.0.0.1:5732"),
        (["env", "--url", "http://a/\n"], "such as http://127.0.0.1:5732"),
        (["env", "--url", "http://a/?x=1"], "such as http://127.0.0.1:5732"),
        (["env", "--url", "http://a/b#c"], "such as http://127.0.0.1:5732"),
        (["env", "--url", "http://a:0"], "Invalid value for '--url'"),
        (["env", "--world", "a/b"], "1 to 64 of the characters"),
        (["env", "--format", "yaml"], "'shell', 'dotenv', 'json'"),
        (["mcp-config"], "claude"),
        (["mcp-config", "emacs"], "'claude', 'codex', 'cursor'"),
        (["mcp-config", "cursor", "--format", "command"], "told by its file only"),
        (["mcp-config", "claude", "--key", "a b"], "visible ASCII without spaces"),
    ],
)
def test_a_wrong_call_says_what_would_have_been_right(arguments: list[str], words: str) -> None:
    code, out, err = run(*arguments)

    assert (code, out) == (2, "")
    assert words in err


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_wrong_port_is_blamed_on_the_variable_that_has_it(port: str) -> None:
    code, out, err = run("env", environment={"MOCKKREA_PORT": port})

    assert (code, out) == (2, "")
    assert "Invalid value for MOCKKREA_PORT: " in err


def test_the_variable_of_the_url_is_known_and_goes_before_the_port() -> None:
    code, out, err = run("env", environment={"MOCKKREA_URL": "http://box:8080/krea", "MOCKKREA_PORT": "1"})

    assert (code, err) == (0, "")
    assert "export KREA_BASE_URL=http://box:8080/krea\n" in out


def test_a_ready_file_is_read_whatever_its_process_is(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    path.write_text(json.dumps({"url": URL, "api_key": KEY, "pid": "none"}))

    assert run("env", "--ready-file", str(path))[0] == 0


def servers(client: str, *arguments: str) -> Json:
    """The servers in the file of a client."""
    text = printed("mcp-config", client, "--format", "file", *arguments)
    parsed = tomllib.loads(text) if client == "codex" else json.loads(text)
    return parsed.get("mcp_servers") or parsed.get("mcpServers")


def test_the_files_of_all_clients_name_the_server_for_oauth() -> None:
    assert servers("claude") == {"krea-ai": {"type": "http", "url": f"{URL}/mcp"}}
    assert servers("codex") == {"krea-ai": {"url": f"{URL}/mcp"}}
    assert servers("cursor") == {"krea-ai": {"url": f"{URL}/mcp"}}


def test_with_a_key_the_files_of_all_clients_send_it_as_bearer_token() -> None:
    assert servers("claude", "--key")["krea-ai"]["headers"] == AUTHORIZATION
    assert servers("codex", "--key")["krea-ai"]["http_headers"] == AUTHORIZATION
    assert servers("cursor", "--key")["krea-ai"]["headers"] == AUTHORIZATION
    assert servers("cursor", "--key", 'mk_a:"\\x')["krea-ai"]["headers"] == {
        "Authorization": 'Bearer mk_a:"\\x'
    }
    assert servers("codex", "--key", 'mk_a:"\\x')["krea-ai"]["http_headers"] == {
        "Authorization": 'Bearer mk_a:"\\x'
    }


def test_the_commands_of_claude_and_codex_are_words_that_a_shell_takes_apart_rightly() -> None:
    add = ["claude", "mcp", "add", "--transport", "http", "krea-ai", f"{URL}/mcp"]
    codex = ["codex", "mcp", "add", "krea-ai", "--url", f"{URL}/mcp"]

    assert shlex.split(printed("mcp-config", "claude")) == add
    assert shlex.split(printed("mcp-config", "claude", "--key")) == [
        *add,
        "--header",
        f"Authorization: Bearer {KEY}",
    ]
    assert shlex.split(printed("mcp-config", "codex", "--format", "command")) == codex
    export, command = printed("mcp-config", "codex", "--format", "command", "--key").splitlines()
    assert export == f"export KREA_API_KEY={KEY}"
    assert shlex.split(command) == [*codex, "--bearer-token-env-var", "KREA_API_KEY"]


def test_where_a_configuration_goes_is_said_beside_it_so_that_stdout_can_be_a_file() -> None:
    assert "This goes into .cursor/mcp.json, beside what is there." in run("mcp-config", "cursor")[2]
    assert (
        "of what has the same name there. Then `codex mcp login krea-ai` signs in."
        in run("mcp-config", "codex")[2]
    )
    assert run("mcp-config", "claude", "--key")[2] == "Run this in a shell.\n"


def test_a_ready_file_gives_address_and_key(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    path.write_text(json.dumps({"url": "http://127.0.0.1:4321", "api_key": "other:key"}))

    written = servers("cursor", "--ready-file", str(path), "--key")

    assert written["krea-ai"] == {
        "url": "http://127.0.0.1:4321/mcp",
        "headers": {"Authorization": "Bearer other:key"},
    }
