"""The container: its files say what the server understands, and it runs where there is an engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from mockkrea import cli, data
from mockkrea.environment import NO_PROXY, client_environment
from tests.asking import KEY, Json, Served, facts_in

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "docker"
PORT = 5732
BUILD_S = 500


def instructions() -> list[tuple[str, str]]:
    """The words and arguments of the Dockerfile."""
    text = re.sub(r"\\\n", "", (FOLDER / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def last(word: str) -> str:
    """The argument that counts."""
    return [rest for each, rest in instructions() if each == word][-1]


def read_yaml(name: str) -> Json:
    """A file beside the Dockerfile."""
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def health_check() -> list[str]:
    """The command that tells whether the container is well."""
    command: list[str] = json.loads(last("HEALTHCHECK").partition("CMD ")[2])
    return command


def test_the_container_serves_on_all_networks_as_a_user_without_rights() -> None:
    command = [*json.loads(last("ENTRYPOINT")), *json.loads(last("CMD"))]

    assert command == ["mockkrea", "serve", "--host", "0.0.0.0"]
    flags = {name for option in cli.main.commands["serve"].params for name in option.opts}
    assert set(command) & flags == {"--host"}
    assert last("USER").isdecimal()
    assert int(last("USER")) > 0
    assert last("EXPOSE") == str(PORT)


def test_what_the_image_is_built_from_is_all_that_a_wheel_needs(tmp_path: Path) -> None:
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            *sources, target = shlex.split(rest)
            for source in sources:
                if source.endswith("/"):
                    shutil.copytree(ROOT / source, tmp_path / target)
                else:
                    shutil.copy(ROOT / source, tmp_path / target)

    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist")]
    built = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120
    )

    assert built.returncode == 0, built.stdout + built.stderr


def test_the_health_check_is_well_only_while_the_server_answers(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    _, *arguments = health_check()

    def code(port: str) -> int:
        environment = os.environ | {"MOCKKREA_PORT": port, "http_proxy": "http://127.0.0.1:9"}
        checked = [sys.executable, *arguments]
        return subprocess.run(checked, env=environment, capture_output=True, check=False).returncode

    with Served("--port", "0", "--host", "0.0.0.0", "--ready-file", str(path)):
        port = str(facts_in(path)["url"]).rpartition(":")[2]
        assert code(port) == 0
    assert code(port) == 1


def test_what_the_image_is_built_from_is_all_that_the_engine_is_sent() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [
        source.rstrip("/")
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
        for source in shlex.split(rest)[:-1]
    ]

    assert "*" in lines
    assert sorted(line[1:] for line in lines if line.startswith("!")) == sorted(copied)


def test_compose_and_actions_give_variables_that_server_and_clients_read() -> None:
    flags = {option.envvar for option in cli.main.commands["serve"].params}
    known = {*client_environment("", ""), *NO_PROXY}
    compose, actions = read_yaml("compose.yaml")["services"], read_yaml("actions.yml")["jobs"]["test"]

    for server in (compose["krea"]["environment"], actions["services"]["krea"]["env"]):
        assert set(server) <= flags
        assert "MOCKKREA_ADMIN_TOKEN" in server
    for client, url in (
        (compose["app"]["environment"], f"http://krea:{PORT}"),
        (actions["env"], f"http://127.0.0.1:{PORT}"),
    ):
        assert set(client) <= known
        assert client["KREA_BASE_URL"] == url
        assert {name in client for name in NO_PROXY} == {client is compose["app"]["environment"]}
        assert client["KREA_API_KEY"] == data.load_setup().default_key


def test_compose_publishes_the_server_to_this_machine_alone_and_waits_until_it_is_well() -> None:
    services = read_yaml("compose.yaml")["services"]

    assert services["krea"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert services["app"]["depends_on"] == {"krea": {"condition": "service_healthy"}}
    built = services["krea"]["build"]
    assert (FOLDER / built["context"]).resolve() == ROOT
    assert (ROOT / built["dockerfile"]).exists()


def test_the_steps_of_actions_and_compose_work_against_a_server_beyond_loopback(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is missing")
    job = read_yaml("actions.yml")["jobs"]["test"]
    token = job["services"]["krea"]["env"]["MOCKKREA_ADMIN_TOKEN"]
    app = read_yaml("compose.yaml")["services"]["app"]

    with Served("--port", "0", "--host", "0.0.0.0", environment={"MOCKKREA_ADMIN_TOKEN": token}) as served:
        port = served.url.rpartition(":")[2]
        variables = {name: value.replace(str(PORT), port) for name, value in job["env"].items()}
        for step in job["steps"]:
            if "run" in step:
                subprocess.run(
                    ["bash", "-ec", step["run"]], env=os.environ | variables, check=True, capture_output=True
                )
        ran = subprocess.run(
            [sys.executable, *app["command"][1:]],
            env=os.environ | variables | {"no_proxy": "*"},
            check=True,
            capture_output=True,
        )

    assert json.loads(ran.stdout)["items"] == []


@pytest.fixture(scope="module")
def engine() -> str:
    """A container engine that runs."""
    for name in ("docker", "podman"):
        program = shutil.which(name)
        if program and subprocess.run([program, "info"], capture_output=True, check=False).returncode == 0:
            return program
    pytest.skip("no container engine runs here")


@pytest.fixture(scope="module")
def container(engine: str) -> Iterator[tuple[str, str]]:
    """The id of a running container and its URL from outside."""
    for base in {rest.split()[0] for word, rest in instructions() if word == "FROM"}:
        if subprocess.run([engine, "pull", base], capture_output=True, check=False).returncode:
            pytest.skip(f"{base} cannot be fetched here")
    tag = f"mockkrea-test-{uuid.uuid4().hex[:12]}"
    with tempfile.TemporaryFile() as said:
        build = [engine, "build", "-f", str(FOLDER / "Dockerfile"), "-t", tag, str(ROOT)]
        code = subprocess.run(build, stdout=said, stderr=said, check=False, timeout=BUILD_S).returncode
        said.seek(0)
        assert code == 0, said.read().decode()[-3000:]
    options = ["-d", "-p", f"127.0.0.1::{PORT}", "-e", "MOCKKREA_ADMIN_TOKEN=sesame"]
    id = output(engine, "run", *options, tag)
    try:
        yield id, f"http://{output(engine, 'port', id, str(PORT)).splitlines()[0]}"
    finally:
        output(engine, "rm", "-f", id)
        output(engine, "rmi", "-f", tag)


def output(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


def test_the_image_builds_and_the_container_answers_its_key_and_its_admin_token(
    engine: str, container: tuple[str, str]
) -> None:
    id, url = container
    transport = httpx.HTTPTransport(retries=5)
    with httpx.Client(base_url=url, trust_env=False, transport=transport) as client:
        while output(engine, "inspect", "-f", "{{.State.Health.Status}}", id) == "starting":
            pass
        keys = [client.get("/jobs", headers={"Authorization": f"Bearer {key}"}) for key in (KEY, "no")]
        control = [
            client.get("/__mockkrea/clock", headers={"Authorization": f"Bearer {token}"})
            for token in ("sesame", "no")
        ]

    assert output(engine, "inspect", "-f", "{{.State.Health.Status}}", id) == "healthy"
    assert [answer.status_code for answer in (*keys, *control)] == [200, 401, 200, 401]
    assert output(engine, "exec", id, "id", "-u") == last("USER")
