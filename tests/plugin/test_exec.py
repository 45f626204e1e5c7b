"""`mockkrea exec`: a command beside a mock, its environment, output, exit code and signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from mockkrea import running
from mockkrea.environment import process_environment
from mockkrea.exec_cli import NO_REQUEST
from tests.asking import FLUX, KEY, clean_environment
from tests.plugin.projects import CLIENT

WAIT_S = 30

# A client that sends a whole request, and goes once it is in the log.
GIVES_UP = """
from http.client import HTTPConnection
from urllib.parse import urlsplit

def unanswered():
    return [each["unanswered"] for each in answer_to("/__mockkrea/requests")[1]["items"]]

connection = HTTPConnection(urlsplit(os.environ["KREA_BASE_URL"]).netloc)
headers = {"Authorization": "Bearer " + os.environ["KREA_API_KEY"], "Content-Type": "application/json"}
connection.request("POST", "/generate/image/bfl/flux-1-dev", b'{"prompt":"a fox"}', headers)
while unanswered() != ["pending"]:
    pass
connection.close()
while unanswered() == ["pending"]:
    pass
"""

# A mockkrea that sends itself a signal at the first audit event of this name that is about this.
SIGNALLED_WHILE_STARTING = """
import os, sys
from mockkrea.__main__ import main
number, event, about, *arguments = sys.argv[1:]
left = [int(number)]
def watch(name, facts):
    if name == event and about in str(facts[0]) and left:
        os.kill(os.getpid(), left.pop())
sys.addaudithook(watch)
sys.argv = ["mockkrea", *arguments]
main()
"""

SAYS_WHAT_IT_GETS = """
import signal, sys
heard = {{signal.{name}}}
signal.pthread_sigmask(signal.SIG_BLOCK, heard)
print("ready", flush=True)
print(signal.sigwait(heard).name, flush=True)
sys.exit(40)
"""


@contextmanager
def started(
    *command: str, environment: Mapping[str, str] | None = None, stdin: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[str]]:
    """A Python with these arguments, leading a session of its own; whatever is left of it ends afterwards."""
    with subprocess.Popen(
        [sys.executable, *command],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment() | dict(environment or {}),
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def execute(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """An exec to its end: exit code, stdout, stderr."""
    with started("-m", "mockkrea", "exec", *arguments, environment=environment) as process:
        out, errors = process.communicate(timeout=WAIT_S)
    return process.returncode, out, errors


def python(code: str) -> tuple[str, ...]:
    """A command that runs this code, which can ask."""
    return ("--", sys.executable, "-c", CLIENT + code)


def test_a_command_finds_the_mock_by_its_environment() -> None:
    code, out, errors = execute(*python("print(draw()); print(json.dumps(dict(os.environ)))"))

    status, environment = out.splitlines()
    shown = json.loads(environment)
    url = shown["KREA_BASE_URL"]
    assert (code, status) == (0, "200")
    assert url.startswith("http://127.0.0.1:")
    assert shown["KREA_API_TOKEN"] == shown["KREA_API_KEY"] == KEY
    assert shown["KREA_API_BASE_URL"] == url
    assert shown["KREA_MCP_URL"] == f"{url}/mcp"
    assert shown["MOCKKREA_CONTROL_URL"] == f"{url}/__mockkrea"
    assert shown["NO_PROXY"].endswith("127.0.0.1,localhost,::1")
    assert shown["PATH"] == os.environ["PATH"]
    assert errors == (
        "mockkrea: 1 request, 1 job (1 completed), ada-personal: 0.007 USD spent, 99.993 USD left\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"no_proxy": "intranet, localhost"}, "intranet,localhost,127.0.0.1,::1"),
        ({"NO_PROXY": "a,b", "no_proxy": "b,c"}, "a,b,c,127.0.0.1,localhost,::1"),
        ({"NO_PROXY": "*"}, "*"),
        ({"NO_PROXY": "a,*"}, "*"),
        ({"NO_PROXY": ""}, "127.0.0.1,localhost,::1"),
    ],
)
def test_hosts_that_need_no_proxy_stay_so(before: dict[str, str], after: str) -> None:
    added = process_environment(before, "http://u", "k")

    assert added["NO_PROXY"] == added["no_proxy"] == after


def test_no_request_goes_out_by_a_proxy_that_was_there_before() -> None:
    code = """
import urllib.request
for url in ("http://example.com/", "http://api.krea.ai/jobs", "https://example.com/"):
    try:
        urllib.request.urlopen(url)
    except OSError as refusal:
        print(getattr(refusal, "code", None) or refusal)
"""
    with socket.create_server(("127.0.0.1", 0)) as before:
        url = f"http://127.0.0.1:{before.getsockname()[1]}"
        names = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY")
        _, out, errors = execute(*python(code), environment=dict.fromkeys(names, url))

        before.setblocking(False)
        with pytest.raises(BlockingIOError):
            before.accept()
    assert out.splitlines() == ["403", "403", "<urlopen error Tunnel connection failed: 403 Forbidden>"]
    assert "--allow-host example.com opens it" in errors


def test_a_command_that_failed_without_a_request_is_told_what_may_be_why() -> None:
    assert NO_REQUEST in execute("false")[2]
    assert NO_REQUEST not in execute("true")[2]
    refused = (
        "import urllib.request\ntry: urllib.request.urlopen('https://example.com')\nfinally: sys.exit(3)"
    )
    assert NO_REQUEST not in execute(*python(refused))[2]


def test_our_own_commands_find_the_mock_that_they_run_beside() -> None:
    code, out, errors = execute("--", sys.executable, "-m", "mockkrea", "env", "--format", "json")

    assert code == 0, errors
    assert json.loads(out)["KREA_BASE_URL"].startswith("http://127.0.0.1:")
    assert not json.loads(out)["KREA_BASE_URL"].endswith(":5732")


def test_an_authority_that_was_trusted_before_is_trusted_still(tmp_path: Path) -> None:
    authority = trustme.CA(organization_name="somebody")
    file = tmp_path / "corp.pem"
    authority.cert_pem.write_to_path(str(file))
    code = "print(open(os.environ['CURL_CA_BUNDLE']).read())"

    _, out, errors = execute(
        *python(code), environment={"REQUESTS_CA_BUNDLE": str(file), "CURL_CA_BUNDLE": "/no/such/file"}
    )

    assert authority.cert_pem.bytes().decode().strip() in out
    assert out.count("BEGIN CERTIFICATE") > 100
    assert errors.splitlines()[0] == (
        "Warning: CURL_CA_BUNDLE names '/no/such/file', which cannot be read: No such file or directory."
    )


def test_stdout_and_stdin_belong_to_the_command() -> None:
    command = [sys.executable, "-m", "mockkrea", "exec", "--", "cat"]

    ran = subprocess.run(
        command,
        input="a\n",
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        env=clean_environment(),
        check=True,
    )

    assert ran.stdout == "a\n"
    assert ran.stderr == "mockkrea: no requests, no jobs, no money moved\n"


def test_the_commands_own_flags_need_no_dashes_before_them() -> None:
    code, out, _ = execute("--seed", "3", "echo", "--seed", "-h")

    assert (code, out) == (0, "--seed -h\n")


def test_the_exit_code_is_the_commands_and_its_failure_shows_what_happened() -> None:
    code, _, errors = execute(*python("draw(); ask('/job'); sys.exit(3)"))

    assert code == 3
    assert errors.splitlines()[0] == 'mockkrea: 2 requests in world "default"'
    assert "  2  GET /job  404  there is no such path; did you mean /jobs?" in errors
    assert errors.splitlines()[-2:] == ["ledger", "  ada-personal: 0.007 USD spent, 99.993 USD left"]


@pytest.mark.parametrize("code", [0, 3])
def test_a_client_that_gave_up_before_its_answer_is_told_and_counted(tmp_path: Path, code: int) -> None:
    slow = tmp_path / "slow.yaml"
    slow.write_text("faults: [{when: {path: /generate/**}, then: {latency: 60s}}]\n", encoding="utf-8")

    exit_code, _, errors = execute("--scenario", str(slow), *python(f"{GIVES_UP}sys.exit({code})"))

    first, *others = errors.splitlines()
    assert exit_code == code
    if code == 0:
        assert (first, others) == ("mockkrea: 1 request, no jobs, no money moved", [])
    else:
        told = f"  1  POST /generate/{FLUX}  the client went away before the answer"
        assert (first, others[0]) == ('mockkrea: 1 request in world "default"', told)


def test_a_command_that_is_not_there_is_127() -> None:
    code, _, errors = execute("no-such-command-here", "--help")

    assert code == 127
    assert errors == "mockkrea: there is no command 'no-such-command-here' here.\n"


def test_a_command_that_cannot_be_run_is_126(tmp_path: Path) -> None:
    code, _, errors = execute(str(tmp_path))

    assert code == 126
    assert errors == f"mockkrea: '{tmp_path}' cannot be run: Permission denied.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Missing argument '-- CMD...'"),
        (("--sede", "1", "true"), "No such option"),
        (("--scenario", "WRONG", "true"), "the scenario is wrong."),
        (("--set", "progresion=time", "--set", "nope=1", "true"), "progression? Unknown setting nope."),
        (("--scenario", "api-balance-exhaust", "true"), 'did you mean the ready-made scenario "api-balance-'),
        (("--set", "sped=2", "true"), "Did you mean speed?"),
        (("--ready-file", "/no/such/folder/ready", "true"), "there is no folder /no/such/folder"),
    ],
)
def test_a_wrong_call_is_exit_code_two(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("nmae: x\n", encoding="utf-8")
    code, out, errors = execute(*(str(wrong) if each == "WRONG" else each for each in arguments))

    assert (code, out) == (2, "")
    assert sentence in errors
    assert "Traceback" not in errors


def test_a_scenario_that_came_true_is_a_tick_and_zero() -> None:
    body = '{"prompt": "a fox", "aspect_ratio": "16:9", "resolution": "1K"}'

    code, out, errors = execute(
        "--scenario",
        "api-balance-exhausted",
        *python(f"print(ask('/generate/image/krea/krea-2/medium', {body}))"),
    )

    assert (code, out) == (0, "402\n")
    assert errors.splitlines()[0] == "✓ api-balance-exhausted"


def test_a_scenario_that_did_not_come_true_is_one_and_says_why() -> None:
    code, _, errors = execute("--scenario", "api-balance-exhausted", "true")

    assert code == 1
    assert errors.splitlines()[:2] == [
        "✗ api-balance-exhausted",
        "  requests: expected 1 request to /generate/**, saw none",
    ]


def test_the_commands_own_failure_is_not_covered_by_the_scenarios() -> None:
    code, _, errors = execute("--scenario", "api-balance-exhausted", "--", "sh", "-c", "exit 7")

    assert code == 7
    assert errors.startswith("✗ api-balance-exhausted\n")


def test_several_scenarios_are_one_the_last_on_top(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\n", encoding="utf-8")

    code, _, errors = execute("--scenario", "api-balance-exhausted", "--scenario", str(file), "true")

    assert (code, errors.splitlines()[0]) == (1, "✗ mine")


def test_jobs_complete_at_once_unless_their_states_are_wanted() -> None:
    code = "print(status_of(drawn()))"

    assert execute(*python(code))[1] == "completed\n"
    assert execute("--progression", "time", *python(code))[1] == "queued\n"
    assert execute("--set", "progression=manual", *python(code))[1] == "scheduled\n"


def test_time_runs_so_many_times_as_fast() -> None:
    code = """
job = drawn()
while status_of(job) != "completed":
    pass
"""

    assert execute("--progression", "time", "--speed", "1000", *python(code))[0] == 0


def test_the_same_seed_gives_the_same_job_every_time() -> None:
    ids = [execute(*flags, *python("print(drawn())"))[1] for flags in ([], [], ["--seed", "1"])]

    assert ids[0] == ids[1] != ids[2]


def test_the_ready_file_is_there_while_the_command_runs(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"

    code, out, _ = execute("--ready-file", str(path), "cat", str(path))

    assert code == 0
    assert json.loads(out)["api_key"] == KEY
    assert not path.exists()


@pytest.mark.parametrize(
    "name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT"]
)
def test_a_signal_goes_on_to_the_command_which_decides(name: str) -> None:
    command = (sys.executable, "-c", SAYS_WHAT_IT_GETS.format(name=name))

    with started("-m", "mockkrea", "exec", "--", *command) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(getattr(signal, name))
        out, errors = process.communicate(timeout=WAIT_S)

    assert (process.returncode, out) == (40, f"{name}\n")
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("name", "event", "about", "command"),
    [
        ("SIGINT", "import", "click", "exec"),
        ("SIGTERM", "import", "trustme", "exec"),
        ("SIGHUP", "tempfile.mkdtemp", "mockkrea-", "exec"),
        ("SIGTERM", "open", "certificate.pem", "exec"),
        ("SIGTERM", "open", "ca.pem", "exec"),
        ("SIGINT", "import", "uvloop", "exec"),
        ("SIGTERM", "shutil.rmtree", "mockkrea-", "exec"),
        ("SIGTERM", "open", "certificate.pem", "serve"),
    ],
)
def test_a_signal_while_it_starts_or_ends_is_its_end_and_nothing_stays_behind(
    tmp_path: Path, name: str, event: str, about: str, command: str
) -> None:
    number = getattr(signal, name)
    arguments = ("exec", "true") if command == "exec" else ("serve", "--port", "0", "--tls-proxy")
    program = ("-c", SIGNALLED_WHILE_STARTING, str(number), event, about, *arguments)

    with started(*program, environment={"TMPDIR": str(tmp_path)}) as process:
        out, errors = process.communicate(timeout=WAIT_S)

    has_run = event == "shutil.rmtree"
    told = "mockkrea: no requests, no jobs, no money moved\n" if has_run else ""
    assert (process.returncode, out, errors) == (128 + number, "", told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("trusted", ["", "/no/such/file"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full disk to write to")
def test_a_stderr_that_cannot_be_written_leaves_the_exit_code_alone(trusted: str) -> None:
    for code in (0, 3):
        with Path("/dev/full").open("w", encoding="utf-8") as full:
            ran = subprocess.run(
                [sys.executable, "-m", "mockkrea", "exec", "--", "sh", "-c", f"echo a; exit {code}"],
                stdout=subprocess.PIPE,
                stderr=full,
                text=True,
                timeout=WAIT_S,
                env=clean_environment() | {"CURL_CA_BUNDLE": trusted},
                check=False,
            )

        assert (ran.returncode, ran.stdout) == (code, "a\n")


def test_a_signal_that_another_thread_gets_goes_on_too() -> None:
    """The kernel may choose any thread; here the main one, which runs the handlers, does not take it."""
    runner = """
import os, signal, sys, threading
from mockkrea.running import run
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
sys.exit(run([sys.executable, "-c", sys.argv[1]], os.environ))
"""
    with started("-c", runner, SAYS_WHAT_IT_GETS.format(name="SIGTERM")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=WAIT_S)

    assert (process.returncode, out, errors) == (40, "SIGTERM\n", "")


def test_whatever_ends_the_wait_for_a_command_nobody_is_woken_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(Exception):
        pass

    class Process:
        def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
            pass

        def wait(self) -> None:
            pass

        @property
        def returncode(self) -> int:
            raise Broken

    monkeypatch.setattr(subprocess, "Popen", Process)
    with pytest.raises(Broken):
        running.run(["true"], os.environ)

    assert signal.set_wakeup_fd(-1) == -1


def test_signals_without_number_do_not_keep_a_commands_end_from_being_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Process:
        def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
            self._is_waited_for, self._is_told = threading.Event(), threading.Event()

        def wait(self) -> None:
            self._is_waited_for.wait(WAIT_S)
            for _ in range(2_000):
                signal.raise_signal(signal.SIGUSR1)
            self._is_told.set()

        @property
        def returncode(self) -> int:
            self._is_waited_for.set()
            assert self._is_told.wait(WAIT_S)
            return 7

        def send_signal(self, number: int) -> None:
            pass

    monkeypatch.setattr(subprocess, "Popen", Process)

    assert running.run(["true"], os.environ) == 7


def test_a_command_that_may_not_be_told_of_a_signal_runs_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: subprocess.Popen[bytes], number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(subprocess.Popen, "send_signal", refuse)

    assert running.run(["sh", "-c", f"kill -USR1 {os.getpid()}; exit 7"], os.environ) == 7


def test_a_command_that_a_signal_ends_is_128_and_its_number() -> None:
    code, _, errors = execute("--", "sh", "-c", "kill -KILL $$")

    assert code == 128 + signal.SIGKILL
    assert "no requests" in errors


def test_what_is_ignored_stays_so_for_the_command() -> None:
    code = "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    shell = f"trap '' HUP; {sys.executable} -m mockkrea exec -- {sys.executable} -c '{code}'"

    ran = subprocess.run(
        ["sh", "-c", shell],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        env=clean_environment(),
        check=True,
    )

    assert ran.stdout == "True\n"


def test_ctrl_c_on_a_terminal_reaches_the_command_once() -> None:
    """The terminal tells both processes; a second SIGINT would make most runners give up at once."""
    child = """
import signal
heard = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, heard)
print("ready", flush=True)
count = 0
while signal.sigwait(heard) == signal.SIGINT:
    count += 1
    print("interrupted", flush=True)
print(count, flush=True)
"""
    launcher = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); python = sys.executable;"
        " os.execv(python, [python, '-m', 'mockkrea', 'exec', python, '-c', sys.argv[1]])"
    )
    terminal, ours = os.openpty()
    with (
        os.fdopen(terminal, "wb", buffering=0) as keyboard,
        started("-c", launcher, child, stdin=ours) as process,
    ):
        os.close(ours)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

        keyboard.write(b"\x03")
        assert process.stdout.readline() == "interrupted\n"
        # Passed on after whatever else was to be passed on.
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=WAIT_S)

    assert (process.returncode, out) == (0, "1\n")
    assert "Traceback" not in errors


def test_requests_to_another_world_are_named_as_not_counted() -> None:
    code, _, errors = execute(*python("ask('/jobs', key='mk_elsewhere:dev')"))

    assert code == 0
    assert "not counted above: requests to other worlds, elsewhere" in errors
