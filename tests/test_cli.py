"""The command line: what each command prints, its exit codes, and what serve says and obeys."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockkrea import __version__, greeting, variables
from mockkrea.cli import main
from mockkrea.data import load_catalogue
from mockkrea.environment import client_environment
from tests.asking import FLUX, KEY, KREA_2, Json, Served, clean_environment, facts_in

ROOT = Path(__file__).parent.parent
READY = re.compile(r"mockkrea listening on http://127\.0\.0\.1:([0-9]+)\n")


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """A command in this process: its exit code and what it printed, errors included."""
    result = CliRunner().invoke(main, arguments, env=dict(environment or {}), prog_name="mockkrea")
    return result.exit_code, result.output


def serve_once(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """A serve that cannot start: exit code, stdout, stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "mockkrea", "serve", *arguments],
        capture_output=True,
        text=True,
        timeout=Served.WAIT_S,
        env=clean_environment() | dict(environment or {}),
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_ready_line_comes_first_and_reads_exactly_so() -> None:
    with Served("--port", "0") as served:
        assert READY.fullmatch(served.first_line)
        with served.client() as client:
            assert client.get("/health").status_code == 200


def test_after_the_ready_line_a_person_is_told_where_everything_is_in_at_most_fifteen_lines() -> None:
    with Served("--port", "0", "--seed", "42") as served:
        _, out, _ = served.stop()

    lines = out.splitlines()
    url = served.url
    assert 1 + len(lines) <= 15
    assert "\x1b" not in out
    assert f"  REST     {url}        key  {KEY}" in lines
    assert f"  MCP      {url}/mcp    OAuth, or the key as Bearer token" in lines
    assert f"  Control  {url}/__mockkrea/docs" in lines
    assert f"  Watch    {url}/__mockkrea/ui" in lines
    assert "seed 42 · real time · " in lines[-2]
    assert lines[-2].endswith("Ctrl-C stops")


def test_the_greeting_has_a_configuration_for_each_of_three_agents() -> None:
    with Served("--port", "0") as served:
        _, out, _ = served.stop()

    agents = dict(re.findall(r"^  (Claude|Codex|Cursor) +(.+)$", out, re.MULTILINE))
    mcp_url = f"{served.url}/mcp"
    assert shlex.split(agents["Claude"]) == [
        *["claude", "mcp", "add", "--transport", "http", "krea-ai"],
        mcp_url,
    ]
    assert shlex.split(agents["Codex"]) == ["codex", "mcp", "add", "krea-ai", "--url", mcp_url]
    cursor, _, file = agents["Cursor"].partition(" in ")
    assert json.loads(cursor) == {"mcpServers": {"krea-ai": {"url": mcp_url}}}
    assert file == ".cursor/mcp.json"


def test_beyond_loopback_the_greeting_tells_the_admin_token_and_stays_as_short() -> None:
    with Served("--port", "0", "--host", "0.0.0.0", "--admin-token", "sesame") as served:
        _, out, _ = served.stop()

    assert re.search(r"Control  \S+/docs    admin token  sesame$", out, re.MULTILINE)
    assert 1 + len(out.splitlines()) <= 15


def test_a_proxy_and_a_single_model_fit_into_the_greeting() -> None:
    document = json.loads((Path(__file__).parent / "spec" / "small.json").read_bytes())
    paths = {path: document["paths"][path] for path in ["/generate/image/acme/dreamer"]}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(document | {"paths": paths}, file)
        file.flush()
        with Served("--port", "0", "--tls-proxy", "--spec", file.name) as served:
            _, out, _ = served.stop()

    assert 1 + len(out.splitlines()) <= 15
    assert "  1 model · seed " in out


def test_colour_is_left_out_where_it_is_not_wanted() -> None:
    assert greeting.color({"NO_COLOR": "1"}) is False
    assert greeting.color({}) is None


def test_a_seed_that_was_not_given_is_drawn_printed_and_kept() -> None:
    with Served("--port", "0") as served:
        with served.client() as client:
            seed = client.get("/health").json()["seed"]
        _, out, _ = served.stop()

    assert f"seed {seed} ·" in out


def test_the_ready_file_says_where_and_how_to_ask(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"

    with Served("--port", "0", "--ready-file", str(path)) as served:
        facts = facts_in(path)

        assert facts == {
            "url": served.url,
            "mcp_url": f"{served.url}/mcp",
            "control_url": f"{served.url}/__mockkrea",
            "api_key": KEY,
            "pid": served.process.pid,
        }
        assert list(tmp_path.iterdir()) == [path]


def test_a_ready_file_is_there_only_while_its_server_is(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    path.write_text("{}")

    with Served("--port", "0", "--ready-file", str(path)) as served:
        facts = facts_in(path)
        served.stop()

    assert facts["url"] == served.url
    assert not path.exists()


def test_a_port_that_is_taken_is_told_with_what_to_do_and_exit_code_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        code, out, err = serve_once("--port", str(port))

    assert (code, out) == (1, "")
    assert f"Port {port}: Address already in use. Try --port 0 for a free one." in err
    assert "Traceback" not in err


def test_a_host_that_is_not_this_machine_is_told_with_exit_code_one() -> None:
    for host in ("192.0.2.1", "no.such.host.invalid"):
        code, out, err = serve_once("--port", "0", "--host", host)

        assert (code, out) == (1, "")
        assert f"Error: Host {host}, port 0: " in err
        assert "Traceback" not in err


def test_the_port_that_was_asked_for_is_the_one_that_is_served() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with Served("-p", str(port)) as served:
        assert served.url == f"http://127.0.0.1:{port}"


WRONG_CALLS = [
    (["--speed", "0"], "--speed"),
    (["--speed", "-1"], "--speed"),
    (["--speed", "1000001"], "at most 1,000,000"),
    (["--speed", "nan"], "--speed"),
    (["--speed", "inf"], "--speed"),
    (["--speed", "fast"], "--speed"),
    (["--port", "65536"], "--port"),
    (["--port", "-1"], "--port"),
    (["--seed", "x"], "--seed"),
    (["--progression", "slow"], "--progression"),
    (["--ready-file", "/no/such/folder/ready.json"], "there is no folder /no/such/folder"),
    (["--max-worlds", "-1"], "--max-worlds"),
    (["--public-url", "mock.test"], "such as https://mock.example"),
    (["--allowed-host", "box:80"], "without port"),
    (["--allowed-host", "box", "--allowed-host", "*"], "--allowed-host"),
    (["--admin-token", "a b"], "--admin-token"),
    (["--cors", "*"], "one origin such as http://localhost:3000"),
    (["--sped", "2"], "--speed"),
    (["extra"], "extra"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG_CALLS)
def test_a_wrong_call_of_serve_is_exit_code_two_and_names_the_flag(arguments: list[str], words: str) -> None:
    code, output = run("serve", *arguments)

    assert code == 2
    assert words in output


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MOCKKREA_SPEED", "0", "--speed"),
        ("MOCKKREA_PORT", "x", "--port"),
        ("MOCKKREA_PROGRESSION", "x", "--prog"),
    ],
)
def test_a_wrong_variable_is_exit_code_two_like_its_flag(name: str, value: str, words: str) -> None:
    code, output = run("serve", environment={name: value})

    assert code == 2
    assert words in output


def test_every_flag_of_serve_can_be_given_by_its_variable(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    environment = {
        "MOCKKREA_PORT": "0",
        "MOCKKREA_SEED": "42",
        "MOCKKREA_SPEED": "1000",
        "MOCKKREA_PROGRESSION": "immediate",
        "MOCKKREA_JSON_LOGS": "1",
        "MOCKKREA_READY_FILE": str(path),
    }

    with Served(environment=environment) as served, served.client() as client:
        facts_in(path)
        health = client.get("/health").json()
        speed = client.get("/__mockkrea/clock").json()["speed"]
        job_id = client.post(f"/generate/{FLUX}", json={"prompt": "x"}).json()["job_id"]
        status = client.get(f"/jobs/{job_id}").json()["status"]
        _, _, err = served.stop()

    assert (health["seed"], speed, status) == (42, 1000, "completed")
    assert all(json.loads(line) for line in err.splitlines())


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["--tools", "all"], {}), ([], {"MOCKKREA_TOOLS": "all"})]
)
def test_the_mcp_tools_are_chosen_by_flag_or_variable(
    arguments: list[str], environment: dict[str, str]
) -> None:
    accept = {"Accept": "application/json, text/event-stream"}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}

    with Served("--port", "0", *arguments, environment=environment) as served, served.client() as client:
        answer = client.post("/mcp", json=message, headers=accept).json()

    names = {tool["name"] for tool in answer["result"]["tools"]}
    assert names >= {"generate", "generate_image", "list_moodboards"}


def test_a_flag_goes_before_its_variable() -> None:
    served = Served("--port", "0", "--seed", "1", environment={"MOCKKREA_SEED": "2"})

    with served, served.client() as client:
        assert client.get("/health").json()["seed"] == 1


def test_the_help_names_every_flag_with_its_variable() -> None:
    code, output = run("serve", "--help")

    flags = set(re.findall(r"(--[a-z-]+)", output)) - {"--help"}
    assert code == 0
    assert flags >= {"--port", "--seed", "--speed", "--progression", "--json-logs", "--ready-file"}
    for name in flags:
        assert f"MOCKKREA_{name[2:].replace('-', '_').upper()}" in output


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version") == (0, f"mockkrea, version {__version__}\n")


@pytest.mark.parametrize("arguments", [["nonsense"], ["models", "--nonsense"], ["env", "extra"]])
def test_what_no_command_knows_is_exit_code_two(arguments: list[str]) -> None:
    assert run(*arguments)[0] == 2


def test_each_request_is_a_line_of_json_with_json_logs() -> None:
    with Served("--port", "0", "--json-logs") as served:
        with served.client() as client:
            client.get("/jobs")
            client.get("/nowhere%1b[31m")
            client.get("/__mockkrea/clock")
        _, _, err = served.stop()

    lines = [json.loads(line) for line in err.splitlines()]
    assert [(each["method"], each["path"], each["status"]) for each in lines] == [
        ("GET", "/jobs", 200),
        ("GET", "/nowhere\x1b[31m", 404),
        ("GET", "/__mockkrea/clock", 200),
    ]
    assert all(list(each) == ["at", "method", "path", "status", "ms"] for each in lines)


def test_plain_log_lines_are_for_people_and_safe_for_a_terminal() -> None:
    with Served("--port", "0") as served:
        with served.client() as client:
            client.get("/nowhere%1b[31m%0aforged")
        _, _, err = served.stop()

    [line] = err.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d  404  GET    /nowhere\\x1b\[31m\\nforged  \d+\.\d ms", line)


def transcript(seed: str) -> list[Json]:
    """What a few calls get from a new server whose clock stands still."""
    with Served("--port", "0", "--seed", seed) as served, served.client() as client:
        client.post("/__mockkrea/clock", json={"action": "freeze"})
        answers = [client.post(f"/generate/{FLUX}", json={"prompt": "x"}).json() for _ in range(2)]
        client.post("/__mockkrea/clock", json={"action": "run_until", "until": "idle"})
        jobs = client.get("/jobs").json()["items"]
        pictures = [client.get(job["result"]["urls"][0]).headers["etag"] for job in jobs]
        return [
            *(answer["job_id"] for answer in answers),
            *(job["result"]["urls"][0].removeprefix(served.url) for job in jobs),
            *pictures,
        ]


def test_the_same_seed_and_calls_give_the_same_transcript_twice() -> None:
    first, second, other = transcript("7"), transcript("7"), transcript("8")

    assert first == second
    assert not set(first) & set(other)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_within_a_second_although_a_connection_is_open(
    number: signal.Signals,
) -> None:
    with Served("--port", "0") as served, served.client() as client:
        client.get("/health")

        seconds, _, err = served.stop(number)

    assert served.process.returncode == 0
    assert seconds < 1
    assert "Traceback" not in err


def test_a_signal_ends_the_server_although_half_a_request_is_there() -> None:
    with Served("--port", "0") as served:
        port = int(served.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=Served.WAIT_S) as half:
            half.sendall(
                f"POST /generate/{FLUX} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
                "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{".encode()
            )
            with served.client() as client:
                client.get("/health")

            seconds, _, err = served.stop()

    assert served.process.returncode == 0
    assert seconds < 1
    assert "Traceback" not in err


def test_models_lists_all_of_them_with_what_they_cost() -> None:
    code, output = run("models")

    lines = output.splitlines()
    assert code == 0
    assert lines[0].split() == ["MODEL", "NAME", "FROM", "NOTE"]
    assert [line.split()[0] for line in lines[1:]] == [model.id for model in load_catalogue().models]
    assert "0.007 USD" in output


def test_each_line_of_models_has_the_lowest_price_on_either_meter_and_what_to_beware_of() -> None:
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in run("models")[1].splitlines()[1:]}
    wanted = {
        "video/kling/kling-3.0": "Kling 3.0 0.1764 USD each second 289 compute units",
        "video/minimax/hailuo-3": "MiniMax H3 0.1365 USD each second 74.5 compute units each second",
        "video/openai/sora-2": "Sora 2 0.21 USD each second 458 compute units gone since 2026-04-27",
        "image/google/imagen-4": "Imagen 4 0.042 USD 22.9 compute units last seen 2026-05",
        "3d/tripo/tripo": "Tripo 0.3667 USD 200 compute units price assumed",
    }

    assert {model: " ".join(lines[model].split()) for model in wanted} == wanted


def test_rows_that_differ_in_their_last_number_are_shown_as_a_range() -> None:
    lines = [" ".join(line.split()) for line in run("models", "video/minimax/hailuo-02")[1].splitlines()]

    assert "resolution 512p, duration 6 to 10 0.105 to 0.4253 USD 57.3 to 232 compute units" in lines
    assert len(json.loads(run("models", "video/minimax/hailuo-02", "--json")[1])["prices"]) == 15


@pytest.mark.parametrize(
    ("model", "remarks"),
    [
        (
            "image/bytedance/seedream-3",
            [
                "From 2026-05-13 on it is answered with 410; use image/bytedance/seedream-5-lite.",
                "Assumed, for want of a source: fields, job_type, price, seconds.",
            ],
        ),
        (
            "image/google/imagen-3",
            [
                "Krea's list had it last in 2026-05: deprecated or removed since.",
                "Assumed, for want of a source: job_type, seconds.",
            ],
        ),
        (KREA_2, []),
    ],
)
def test_what_to_beware_of_stands_under_a_models_description(model: str, remarks: list[str]) -> None:
    lines = run("models", model)[1].splitlines()

    assert lines[2 : lines.index("")] == remarks


def test_a_list_and_an_object_are_followed_by_what_they_are_made_of() -> None:
    lines = [
        " ".join(line.split())
        for model in (KREA_2, "image/openai/gpt-image", "video/kling/kling-1")
        for line in run("models", model)[1].splitlines()
    ]

    after = lines[lines.index("styles a list") + 1 :][:2]
    assert after == [
        "styles[].id required text of at most 100,000 characters",
        "styles[].strength required a number from -2 to 2",
    ]
    assert "image_urls[] an http or https URL of at most 1,024 characters or a base64 data URI" in lines
    assert "camera_control.type required simple" in lines
    assert "camera_control.config.zoom a number from -10 to 10" in lines


def test_models_as_json_can_be_read_by_a_program() -> None:
    code, output = run("models", "--json")

    assert code == 0
    assert [each["id"] for each in json.loads(output)] == [model.id for model in load_catalogue().models]


def test_one_model_is_shown_with_its_fields_and_price() -> None:
    code, output = run("models", KREA_2)

    assert code == 0
    assert output.startswith(f"{KREA_2} · Krea 2 Medium\n")
    assert "aspect_ratio" in output
    assert "0.03" in output


def test_one_model_as_json_has_the_schema_of_its_body() -> None:
    code, output = run("models", KREA_2, "--json")

    assert code == 0
    assert json.loads(output)["input_schema"]["required"] == ["prompt", "aspect_ratio", "resolution"]


@pytest.mark.parametrize("model", [model.id for model in load_catalogue().models])
def test_every_model_can_be_shown_either_way(model: str) -> None:
    assert run("models", model)[0] == 0
    assert run("models", model, "--json")[0] == 0


def test_a_model_that_is_not_there_is_exit_code_one_and_names_the_nearest() -> None:
    code, output = run("models", "image/krea/krea-2/mediun")

    assert code == 1
    assert output == f"Error: There is no model image/krea/krea-2/mediun. Did you mean {KREA_2}?\n"


def test_token_prints_the_key_and_nothing_else() -> None:
    assert run("token") == (0, f"{KEY}\n")


def test_env_prints_lines_that_a_shell_can_evaluate() -> None:
    shell = shutil.which("sh")
    assert shell is not None
    code, output = run("env", "--url", "http://127.0.0.1:9/it's")

    shown = subprocess.run(
        [shell, "-c", f'{output}printf "%s|%s|%s" "$KREA_API_TOKEN" "$KREA_API_KEY" "$KREA_BASE_URL"'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert code == 0
    assert shown == f"{KEY}|{KEY}|http://127.0.0.1:9/it's"


def test_env_takes_address_and_key_from_a_ready_file(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    path.write_text(json.dumps({"url": "http://127.0.0.1:4321", "api_key": "other:key"}))

    code, output = run("env", "--ready-file", str(path))

    assert code == 0
    assert "export KREA_BASE_URL=http://127.0.0.1:4321\n" in output
    assert "export KREA_API_TOKEN=other:key\n" in output


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"url": 1}'])
def test_a_ready_file_that_is_none_is_told_without_a_traceback(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ready.json"
    path.write_text(content)

    code, output = run("env", "--ready-file", str(path))

    assert code == 2
    assert str(path) in output


def test_a_ready_file_that_is_not_there_is_exit_code_two(tmp_path: Path) -> None:
    code, output = run("env", "--ready-file", str(tmp_path / "none.json"))

    assert code == 2
    assert "none.json" in output


def test_env_names_the_variables_that_clients_read() -> None:
    assert client_environment("http://u", "k") == {
        "MOCKKREA_URL": "http://u",
        "KREA_API_TOKEN": "k",
        "KREA_API_KEY": "k",
        "KREA_BASE_URL": "http://u",
        "KREA_API_BASE_URL": "http://u",
        "KREA_MCP_URL": "http://u/mcp",
        "MOCKKREA_CONTROL_URL": "http://u/__mockkrea",
    }


def test_importing_the_command_line_imports_nothing_that_costs() -> None:
    code = "import sys, mockkrea.cli; print(*(set(sys.modules) & {'uvicorn', 'fastapi', 'PIL', 'yaml'}))"

    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert out == "\n"


def test_a_server_that_nobody_controls_never_imports_the_control_api() -> None:
    code = (
        "import sys, mockkrea.server, mockkrea.worlds;"
        " print(*(set(sys.modules) & {'fastapi', 'PIL', 'pydantic'}))"
    )

    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert out == "\n"


def test_two_servers_can_run_beside_each_other_and_share_nothing() -> None:
    first, second = Served("--port", "0"), Served("--port", "0")

    with first, second, first.client() as one, second.client() as other:
        one.post(f"/generate/{FLUX}", json={"prompt": "x"})

        assert first.url != second.url
        assert len(one.get("/jobs").json()["items"]) == 1
        assert other.get("/jobs").json()["items"] == []


def test_the_server_listens_on_loopback_only() -> None:
    with Served("--port", "0") as served:
        listening = Path(f"/proc/{served.process.pid}/net/tcp")
        if not listening.exists():
            pytest.skip("only Linux tells where a process listens")
        port = f"{int(served.url.rpartition(':')[2]):04X}"
        places = [line.split()[1] for line in listening.read_text().splitlines() if f":{port} " in line]

    assert set(places) == {f"0100007F:{port}"}


def test_a_setting_given_at_the_start_holds_for_the_world() -> None:
    arguments = ("--port", "0", "--set", "validation_status=400", "--set", "error_keys=error")
    with Served(*arguments) as served, served.client() as client:
        answer = client.post("/generate/image/bfl/flux-1-dev", json={"promt": "x"})

    assert answer.status_code == 400
    assert "message" not in answer.json()


@pytest.mark.parametrize(
    ("flag", "setting"),
    [
        (("--no-magic",), {"magic": False}),
        (("--speed", "2"), {"speed": 2}),
        (("--set", "jobs_kept=7"), {"jobs_kept": 7}),
    ],
)
def test_a_flag_stands_above_what_the_scenario_sets(
    tmp_path: Path, flag: tuple[str, ...], setting: dict[str, Json]
) -> None:
    scenario = tmp_path / "own.yaml"
    scenario.write_text("settings: {magic: true, speed: 3, jobs_kept: 9}\n", encoding="utf-8")

    with Served("--port", "0", "--scenario", str(scenario), *flag) as served, served.client() as client:
        settings = client.get("/__mockkrea/settings").json()

    assert settings == settings | {"magic": True, "speed": 3, "jobs_kept": 9} | setting


def test_settings_may_stand_in_the_environment_with_blanks_between() -> None:
    environment = {"MOCKKREA_SET": "validation_status=400 polls_per_step=3", "MOCKKREA_REQUEST_LOG_MB": "0"}
    with Served("--port", "0", environment=environment) as served, served.client() as client:
        client.get("/jobs")
        settings = client.get("/__mockkrea/settings").json()
        requests = client.get("/__mockkrea/requests").json()

    assert (settings["validation_status"], settings["polls_per_step"]) == (400, 3)
    assert requests == {"items": [], "dropped": 1}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("sped=2", "Unknown setting sped. Did you mean speed?"),
        ("delete_finished=maybe", 'delete_finished must be 200 or 409; it was "maybe".'),
        ("speed", 'speed must be a number above 0 and at most 1,000,000; it was "".'),
    ],
)
def test_a_wrong_setting_is_exit_code_two_and_says_what_is_right(change: str, words: str) -> None:
    code, _, err = serve_once("--port", "0", "--set", change)

    assert code == 2
    assert words in " ".join(err.split())


def test_env_points_to_the_port_that_its_variable_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKKREA_PORT", "6111")

    assert "KREA_BASE_URL=http://127.0.0.1:6111\n" in run("env")[1]
    assert "KREA_BASE_URL=http://mock:1\n" in run("env", "--url", "http://mock:1/")[1]
    assert run("env", "--url", "mock:1")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "words"),
    [
        (("--auto-approve",), {}, 303, ""),
        (("--auto-approve", "studio"), {}, 303, ""),
        ((), {"MOCKKREA_AUTO_APPROVE": "studio"}, 303, ""),
        ((), {}, 200, "Who are you?"),
    ],
)
def test_a_server_approves_whoever_asks_if_it_is_told_to(
    arguments: tuple[str, ...], environment: dict[str, str], status: int, words: str
) -> None:
    with Served("--port", "0", *arguments, environment=environment) as served, served.client() as client:
        body = {"redirect_uris": ["http://localhost/callback"]}
        request = {
            "response_type": "code",
            "client_id": client.post("/auth/v1/oauth/clients/register", json=body).json()["client_id"],
            "redirect_uri": "http://localhost/callback",
            "code_challenge": "x" * 43,
            "code_challenge_method": "S256",
        }
        answer = client.get("/auth/v1/oauth/authorize", params=request)

    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (
            ("--auto-approve", "stduio"),
            {},
            'auto_approve: there is no workspace "stduio"; did you mean "studio"?',
        ),
        (("--set", "auto_approve=stduio"), {}, 'did you mean "studio"?'),
        ((), {"MOCKKREA_AUTO_APPROVE": "x"}, '"x"; known: ada-personal, studio, lin-personal.'),
    ],
)
def test_approving_for_a_workspace_that_is_not_there_is_exit_code_two(
    arguments: tuple[str, ...], environment: dict[str, str], words: str
) -> None:
    code, out, err = serve_once("--port", "0", *arguments, environment=environment)

    assert (code, out) == (2, "")
    assert words in " ".join(err.split())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("MOCKKREA_PROT", "did you mean MOCKKREA_PORT?"),
        ("MOCKKREA_AUTOAPPROVE", "did you mean MOCKKREA_AUTO_APPROVE?"),
        ("MOCKKREA_XYZZY", "`mockkrea serve --help` lists those there are."),
    ],
)
def test_a_variable_of_ours_that_no_flag_has_is_warned_of(name: str, hint: str) -> None:
    result = CliRunner().invoke(main, ["token"], env={name: "1"}, prog_name="mockkrea")

    assert (result.exit_code, result.stdout) == (0, f"{KEY}\n")
    assert result.stderr == f"Warning: the environment variable {name} is not known here, {hint}\n"


@pytest.mark.parametrize("name", ["MOCKKREA_REQUIRE_ALL", "MOCKKREA_URL", "MOCKKREA_SPEED", "MOCKKREA_JSON"])
def test_variables_of_flags_and_of_tests_are_not_warned_of(name: str) -> None:
    result = CliRunner().invoke(main, ["token"], env={name: "1"}, prog_name="mockkrea")

    assert result.stderr == ""


def test_every_variable_that_our_own_files_name_is_known() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=False, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in listed.stdout.split() if is_read(name)]
    named = {name for text in texts for name in re.findall(r"\bMOCKKREA_[A-Z][A-Z_]*[A-Z]", text)}

    assert "MOCKKREA_REQUIRE_ALL" in named
    assert not list(variables.warnings_about(dict.fromkeys(named, ""), main))


def is_read(name: str) -> bool:
    """Whether a file may name our variables; this one names some that there are not."""
    return name.endswith((".py", ".md", "ci/run", ".toml")) and name != "tests/test_cli.py"
