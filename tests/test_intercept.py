"""The HTTPS proxy over sockets: tunnels that end here, tunnels that do not begin, and hostile peers."""

from __future__ import annotations

import io
import json
import re
import socket
import ssl
import stat
import subprocess
import sys
import wave
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from mockkrea import intercept
from mockkrea.adapters.door import Place
from mockkrea.adapters.hosts import INTERCEPTED
from mockkrea.cli import main
from mockkrea.data import Fixtures
from mockkrea.environment import proxy_environment
from mockkrea.intercept import Proxy, RefusedTunnel, read_allowed
from mockkrea.protocol import HEAD_BYTES_MAX
from tests.asking import FLUX, KEY, Served, clean_environment, exchange, facts_in
from tests.proxying import API, POLL, UNKNOWN, WAIT_S, Far, Mock, heard, wait_until
from tests.tools import require

NO_TEMPORARY_FILES = """
import tempfile
tempfile.tempdir = "/no/such/folder"
from mockkrea.cli import main
main()
"""


def silence(size_bytes: int) -> bytes:
    """A WAV file of about this size."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes(bytes(size_bytes))
    return file.getvalue()


@pytest.fixture(scope="module")
def far() -> Iterator[Far]:
    server = Far()
    yield server
    server.close()


@pytest.fixture(scope="module")
def mock(fixtures: Fixtures, far: Far) -> Iterator[Mock]:
    running = Mock(fixtures, Place("127.0.0.1", far.port))
    yield running
    running.close()


@pytest.mark.parametrize(
    "target", [*(f"{host}:443" for host in sorted(INTERCEPTED)), "API.Krea.AI:443", "api.krea.ai.:443"]
)
def test_a_tunnel_to_a_host_of_kreas_ends_here_with_its_name(mock: Mock, target: str) -> None:
    host = target.partition(":")[0].lower().removesuffix(".")
    with mock.tunnel(target, name=host) as connection:
        connection.sendall(f"GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())

        assert heard(connection).startswith(b"HTTP/1.1 200 OK")


def test_a_client_works_through_the_proxy_as_with_krea(mock: Mock) -> None:
    with mock.client() as client:
        job_id = client.post(f"/generate/{FLUX}", json={"prompt": "a fox"}).json()["job_id"]
        [url] = client.get(f"/jobs/{job_id}").json()["result"]["urls"]
        picture = client.get(url)

    assert url == f"https://gen.krea.ai/files/images/{job_id}.png"
    assert picture.content.startswith(b"\x89PNG")


def test_a_tunnel_serves_many_requests_one_after_the_other_and_at_once(mock: Mock) -> None:
    with mock.tunnel() as connection:
        for _ in range(3):
            connection.sendall(POLL)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        connection.sendall(POLL * 5 + UNKNOWN)

        assert heard(connection).count(b"HTTP/1.1 ") == 6


def test_many_tunnels_are_open_at_once(mock: Mock) -> None:
    def submit(number: int) -> int:
        with mock.client() as client:
            body = {"prompt": f"fox {number}"}
            return client.post(f"/generate/{FLUX}", json=body).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(submit, range(48))) == {200}
    mock.let_all_go()


def test_large_bodies_come_and_go_through_a_tunnel(mock: Mock) -> None:
    content = silence(30_000_000)

    with mock.client() as client:
        asset = client.post("/assets", files={"file": ("large.wav", content)}).json()

        assert asset["size_bytes"] == len(content)
        assert client.get(asset["image_url"]).content == content


def test_a_client_without_a_name_in_its_handshake_is_served(mock: Mock) -> None:
    with mock.tunnel(name=None) as connection:
        connection.sendall(UNKNOWN)

        assert heard(connection).startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize(
    "name", ["gen.krea.ai", "example.com", "xapi.krea.ai", "a\nWARNING another line", "\x1b[2Ja"]
)
def test_a_handshake_for_another_host_than_the_tunnels_fails(
    mock: Mock, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ssl.SSLError):
        mock.tunnel(name=name)
    mock.let_all_go()
    assert caplog.messages == [f"A client asked for {name!r} in a tunnel to api.krea.ai, and was refused."]


def hello(name: bytes) -> bytes:
    """The first words of a handshake that asks for this name, whatever it is."""
    said, stand_in = ssl.MemoryBIO(), "x" * len(name)
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), said, server_hostname=stand_in)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return said.read().replace(stand_in.encode(), name)


def test_a_name_that_is_no_ascii_is_refused_in_one_line() -> None:
    with Served("--port", "0", "--tls-proxy") as served:
        for name in (b"\xff\xfe.krea.ai", "äpi.krea.ai".encode(), b"a.\0krea.ai"):
            at = urlsplit(served.url)
            with socket.create_connection((at.hostname, at.port), timeout=WAIT_S) as connection:
                connection.sendall(f"CONNECT {API} HTTP/1.1\r\n\r\n".encode())
                assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
                connection.sendall(hello(name))
                assert heard(connection) == b""
        _, _, errors = served.stop()

    warnings = [line for line in errors.splitlines() if "WARNING" in line]
    assert len(warnings) == 3
    assert (
        r"A client asked for b'\xff\xfe.krea.ai' in a tunnel, and was refused: names are ASCII."
        in warnings[0]
    )
    assert "Traceback" not in errors
    assert "ignored" not in errors


def test_what_else_python_cannot_raise_is_told_as_before(
    mock: Mock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)

    class Odd:
        def __del__(self) -> None:
            b"\xff".decode("ascii")

    with mock.proxy.tells_of_odd_names():
        Odd()

    assert len(told) == 1
    assert sys.unraisablehook == told.append
    assert caplog.messages == []


def test_what_python_says_of_other_undecodable_bytes_is_no_clients_name(
    mock: Mock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    undecodable = UnicodeDecodeError("ascii", b"\xff", 0, 1, "odd")
    of_python_3_14 = "Exception ignored in ssl servername callback while decoding name b'\\xff'"
    odd = [
        SimpleNamespace(exc_value=undecodable, object=None, err_msg="Exception ignored in something else"),
        SimpleNamespace(exc_value=ValueError(), object=None, err_msg=None),
    ]

    with mock.proxy.tells_of_odd_names():
        for each in odd:
            sys.unraisablehook(cast(Any, each))
        assert (told, caplog.messages) == (odd, [])

        name = SimpleNamespace(exc_value=undecodable, object=None, err_msg=of_python_3_14)
        sys.unraisablehook(cast(Any, name))

    assert told == odd
    assert len(caplog.messages) == 1


def test_a_request_for_another_host_than_the_tunnels_is_refused(mock: Mock) -> None:
    with mock.tunnel() as connection:
        connection.sendall(UNKNOWN.replace(b"api.krea.ai", b"example.com"))

        answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 421")
    assert b"opened for api.krea.ai" in answer


@pytest.mark.parametrize(
    ("target", "status"),
    [
        *(("api.krea.ai", 400), (":443", 400), ("api.krea.ai:", 400), ("https://api.krea.ai:443", 400)),
        *(("api.krea.ai:0", 400), ("api.krea.ai:70000", 400), ("u@api.krea.ai:443", 400), ("[::1", 400)),
        *(("api.krea.ai:22", 403), ("api.krea.ai:80", 403), ("krea.ai:443", 403), ("docs.krea.ai:443", 403)),
        *(("api.krea.ai.evil.example:443", 403), ("xapi.krea.ai:443", 403), ("apiXkrea.ai:443", 403)),
        *(("127.0.0.1:443", 403), ("localhost:22", 403), ("[::1]:443", 403), ("169.254.169.254:443", 403)),
        *(("2130706433:443", 403), ("0x7f000001:443", 403), ("example.com:443", 403), ("..:443", 400)),
        *(("a..b:443", 400), (f"{'a' * 64}.example:443", 400), ("-x:443", 400)),
        pytest.param("a" * 60_000 + ":443", 400, id="long"),
    ],
)
def test_no_tunnel_leads_anywhere_else_and_the_answer_says_so(mock: Mock, target: str, status: int) -> None:
    answer = mock.said(f"CONNECT {target} HTTP/1.1\r\nHost: {target[:99]}\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert len(answer) < 1_000


def test_a_refusal_names_the_flag_that_opens_the_host_and_is_logged_once(
    mock: Mock, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [mock.said(b"CONNECT example.org:8443 HTTP/1.1\r\n\r\n") for _ in range(2)]

    assert all(b"--allow-host example.org:8443 opens it" in answer for answer in answers)
    assert len([line for line in caplog.messages if "example.org:8443" in line]) == 1


def test_what_is_logged_of_refusals_is_bounded(mock: Mock, caplog: pytest.LogCaptureFixture) -> None:
    mock.proxy._said.clear()

    for number in range(3 * intercept.SENTENCES_MAX):
        mock.proxy.say(f"sentence {number}")

    assert len(caplog.messages) == intercept.SENTENCES_MAX
    mock.proxy._said.clear()


def test_a_client_that_does_not_trust_the_mock_is_told_to_the_person(
    mock: Mock, caplog: pytest.LogCaptureFixture
) -> None:
    connection, _ = mock.asked(API)
    with pytest.raises(ssl.SSLCertVerificationError), connection:
        ssl.create_default_context().wrap_socket(connection, server_hostname="api.krea.ai")
    mock.let_all_go()

    assert f"it has to trust {mock.proxy.ca_file}" in caplog.messages[-1]


def test_a_handshake_that_is_none_is_told_to_the_person(mock: Mock, caplog: pytest.LogCaptureFixture) -> None:
    connection, _ = mock.asked("gen.krea.ai:443")
    with connection, suppress(ConnectionResetError):
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        heard(connection)
    mock.let_all_go()

    assert caplog.messages == ["A client's TLS handshake in a tunnel to gen.krea.ai failed: HTTP_REQUEST."]


@pytest.mark.parametrize(
    "rubbish", [b"\x16\x03\x01\xff\xff" + b"x" * 70_000, b"GET / HTTP/1.1\r\n\r\n", b"\x00", b""]
)
def test_what_is_no_handshake_ends_the_tunnel(mock: Mock, rubbish: bytes) -> None:
    connection, _ = mock.asked(API)
    with connection:
        try:
            connection.sendall(rubbish)
            connection.shutdown(socket.SHUT_WR)
            heard(connection)
        except OSError:
            # It ended before it had heard all.
            pass
        mock.let_all_go()


def test_a_handshake_that_takes_too_long_ends_the_tunnel(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intercept, "HANDSHAKE_S_MAX", 0.05)
    connection, _ = mock.asked(API)
    with connection:
        connection.sendall(b"\x16\x03\x01\x02")

        with suppress(ConnectionResetError):
            assert heard(connection) == b""
    mock.let_all_go()


def test_a_tunnel_in_which_no_request_comes_is_ended(mock: Mock) -> None:
    with mock.tunnel() as connection:
        mock.pass_by(16)

        assert heard(connection).startswith(b"HTTP/1.1 408")
    mock.let_all_go()


def test_a_client_that_goes_in_the_middle_of_a_request_leaves_nothing_behind(mock: Mock) -> None:
    with mock.tunnel() as connection:
        connection.sendall(b"POST /assets HTTP/1.1\r\nHost: api.krea.ai\r\nContent-Length: 1000\r\n\r\n12")
        wait_until(lambda: mock.connections() == 1)
        connection.shutdown(socket.SHUT_WR)
    mock.let_all_go()


def test_bytes_behind_a_connect_are_refused(mock: Mock) -> None:
    connection, answer = mock.asked(API, then=POLL)
    with connection:
        assert answer.startswith(b"HTTP/1.1 400 ")
    mock.let_all_go()


def test_bytes_behind_a_connect_to_an_allowed_host_reach_nobody(mock: Mock, far: Far) -> None:
    heard_before = len(far.heard)

    connection, answer = mock.asked(f"127.0.0.1:{far.port}", then=b"hello")

    with connection:
        assert answer.startswith(b"HTTP/1.1 400 ")
    mock.let_all_go()
    assert len(far.heard) == heard_before


def test_requests_before_a_connect_are_answered_and_then_the_connection_ends(mock: Mock) -> None:
    poll = POLL.replace(b"api.krea.ai", b"localhost")

    answer = mock.said(poll + f"CONNECT {API} HTTP/1.1\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection established" not in answer
    mock.let_all_go()


def test_a_connection_may_become_a_tunnel_after_a_request(mock: Mock) -> None:
    with mock.connect() as connection:
        connection.sendall(POLL.replace(b"api.krea.ai", b"localhost"))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        connection.sendall(f"CONNECT {API} HTTP/1.1\r\n\r\n".encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 Connection")

        with mock.trusting.wrap_socket(connection, server_hostname="api.krea.ai") as secured:
            secured.sendall(UNKNOWN)
            assert heard(secured).startswith(b"HTTP/1.1 404")


def test_a_connect_with_a_huge_head_is_refused(mock: Mock) -> None:
    padding = f"X-Padding: {'x' * HEAD_BYTES_MAX}\r\n"

    answer = mock.said(f"CONNECT {API} HTTP/1.1\r\n{padding}\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 431")


def test_a_connect_that_does_not_come_to_its_end_is_ended(mock: Mock) -> None:
    with mock.connect() as connection:
        connection.sendall(b"CONNECT api.krea.ai:443 HTTP/1.1\r\nHost")
        wait_until(lambda: mock.connections() == 1)
        mock.pass_by(16)

        assert heard(connection).startswith(b"HTTP/1.1 408")


def test_a_tunnel_within_a_tunnel_is_refused(mock: Mock) -> None:
    with mock.tunnel() as connection:
        connection.sendall(f"CONNECT {API} HTTP/1.1\r\n\r\n".encode())

        assert heard(connection).startswith(b"HTTP/1.1 405")


def test_an_offer_of_a_websocket_is_answered_as_any_request(mock: Mock) -> None:
    offer = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n"
    with mock.tunnel() as connection:
        connection.sendall(POLL.replace(b"\r\n\r\n", b"\r\n" + offer + b"\r\n"))

        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")


def test_what_a_client_asks_the_proxy_itself_without_a_tunnel_is_served_as_krea(mock: Mock) -> None:
    """Axios does so: the whole URL, with its scheme, in the clear."""
    submit = b'{"prompt": "a fox"}'
    head = (
        f"POST https://api.krea.ai/generate/{FLUX} HTTP/1.1\r\nHost: api.krea.ai\r\n"
        f"Content-Length: {len(submit)}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {KEY}\r\n\r\n"
    )
    with mock.connect() as connection:
        connection.sendall(head.encode() + submit)
        job_id = json.loads(connection.recv(65_536).partition(b"\r\n\r\n")[2])["job_id"]
        connection.sendall(POLL.replace(b"/jobs", f"https://api.krea.ai:443/jobs/{job_id}".encode()))
        assert b"https://gen.krea.ai/files/" in connection.recv(65_536)

        # The next request is for this server again.
        connection.sendall(POLL.replace(b"api.krea.ai", b"localhost"))
        assert b"http://localhost/files/" in connection.recv(65_536)


@pytest.mark.parametrize(
    ("url", "host", "status"),
    [
        ("http://api.krea.ai/jobs", "api.krea.ai", 403),
        ("http://api.krea.ai:443/jobs", "api.krea.ai:443", 403),
        ("http://example.com/", "example.com", 403),
        ("HTTP://example.com", "localhost", 403),
        ("ftp://example.com/", "example.com", 421),
        ("https://example.com/", "example.com", 403),
        ("https://example.com/", "localhost", 403),
        ("https://api.krea.ai:80/jobs", "api.krea.ai:80", 403),
        ("https://api.krea.ai/jobs", "example.com", 421),
        ("https://u:p@/jobs", "api.krea.ai", 400),
        ("https://[::1]/", "localhost", 403),
    ],
)
def test_what_a_client_asks_of_others_without_a_tunnel_is_refused(
    mock: Mock, url: str, host: str, status: int
) -> None:
    answer = mock.said(f"GET {url} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 %d " % status), answer


def test_a_host_that_was_allowed_is_not_asked_without_a_tunnel(mock: Mock, far: Far) -> None:
    answer = mock.said(f"GET https://127.0.0.1:{far.port}/ HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 403")


def test_the_authoritys_key_is_in_no_file_and_its_certificate_goes_with_the_mock() -> None:
    proxy = Proxy()
    folder = proxy.ca_file.parent
    [file] = folder.iterdir()

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"PRIVATE KEY" not in file.read_bytes()
    assert file.read_bytes().count(b"BEGIN CERTIFICATE") > 100
    proxy.close()
    assert not folder.exists()


def test_every_run_has_an_authority_of_its_own(mock: Mock) -> None:
    other = Proxy()
    trusting = ssl.create_default_context(cafile=str(other.ca_file))
    other.close()

    connection, _ = mock.asked(API)
    with pytest.raises(ssl.SSLCertVerificationError), connection:
        trusting.wrap_socket(connection, server_hostname="api.krea.ai")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Example.com", {Place("example.com", 443), Place("example.com", 80)}),
        ("example.com.:8443", {Place("example.com", 8443)}),
        ("10.0.0.7:80", {Place("10.0.0.7", 80)}),
        ("fd00::7", {Place("fd00::7", 443), Place("fd00::7", 80)}),
        ("[fd00::7]:80", {Place("fd00::7", 80)}),
    ],
)
def test_hosts_are_allowed_at_one_port_or_at_443_and_80(text: str, places: set[Place]) -> None:
    assert set(read_allowed(text)) == places


@pytest.mark.parametrize(
    "text",
    ["", "https://example.com", "a b", "*", "example.com:0", "u@h", "api.krea.ai", "-x", "a..b", "a" * 64],
)
def test_what_is_no_host_or_one_of_kreas_cannot_be_allowed(text: str) -> None:
    result = CliRunner().invoke(main, ["exec", "--allow-host", text, "--", "true"])

    assert result.exit_code == 2
    assert "--allow-host" in result.output


def test_a_host_cannot_be_allowed_where_there_is_no_proxy() -> None:
    result = CliRunner().invoke(main, ["serve", "--allow-host", "example.com"])

    assert result.exit_code == 2
    assert "--tls-proxy" in result.output


def test_the_environment_leads_through_the_proxy_whatever_stood_there_before() -> None:
    inherited = {
        "https_proxy": "http://corp:3128",
        "no_proxy": "*",
        "NODE_OPTIONS": "--max-old-space-size=99",
    }

    added = proxy_environment(inherited, "http://127.0.0.1:1", Path("/ca"))

    proxies = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    assert {added[name] for name in proxies} == {"http://127.0.0.1:1"}
    assert added["NO_PROXY"] == added["no_proxy"] == "127.0.0.1,localhost,::1"
    assert added["NODE_OPTIONS"].startswith("--max-old-space-size=99 --require ")
    trusted = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    assert {added[name] for name in trusted} == {"/ca"}


def test_a_second_look_at_the_environment_adds_nothing() -> None:
    once = proxy_environment({}, "http://127.0.0.1:1", Path("/ca"))

    assert proxy_environment(once, "http://127.0.0.1:1", Path("/ca")) == once


@pytest.mark.parametrize(
    ("peer", "credentials", "may"),
    [
        ("127.0.0.1", "", True),
        ("::1", "", True),
        ("::ffff:127.0.0.1", "", True),
        ("192.0.2.2", "", False),
        (None, "", False),
        ("192.0.2.2", "Bearer secret", True),
        ("192.0.2.2", "bearer secret", True),
        ("192.0.2.2", f"Basic {b64encode(b'any:secret').decode()}", True),
        ("192.0.2.2", f"Basic {b64encode(b'secret:any').decode()}", False),
        ("192.0.2.2", "Basic !", False),
        ("192.0.2.2", "Digest secret", False),
        ("192.0.2.2", "Bearer secrets", False),
    ],
)
def test_from_another_machine_a_tunnel_to_an_allowed_host_needs_the_admin_token(
    peer: str | None, credentials: str, may: bool
) -> None:
    with closing(Proxy(admin_token="secret")) as proxy:
        if may:
            proxy.check_peer(peer, credentials)
            return
        with pytest.raises(RefusedTunnel) as refused:
            proxy.check_peer(peer, credentials)
    assert refused.value.status == 407
    assert "Proxy-Authorization" in str(refused.value)


def test_a_peer_is_told_how_to_bring_the_token(mock: Mock, far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mock.proxy, "_admin_token", "secret")
    monkeypatch.setattr(intercept, "_is_of_this_machine", lambda address: False)
    head = f"CONNECT 127.0.0.1:{far.port} HTTP/1.1\r\nProxy-Authorization: Bearer %s\r\n\r\n"

    refused = mock.said((head % "wrong").encode())
    with mock.connect() as connection:
        connection.sendall((head % "secret").encode())
        taken = connection.recv(65_536)

    assert refused.startswith(b"HTTP/1.1 407 ")
    assert b'\r\nproxy-authenticate: Basic realm="mockkrea"\r\n' in refused
    assert taken.startswith(b"HTTP/1.1 200 ")
    mock.let_all_go()


def test_kreas_own_hosts_are_there_for_other_machines_without_a_token(
    mock: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mock.proxy, "_admin_token", "secret")
    monkeypatch.setattr(intercept, "_is_of_this_machine", lambda address: False)

    with mock.tunnel() as connection:
        connection.sendall(UNKNOWN)
        assert heard(connection).startswith(b"HTTP/1.1 404")


def test_a_proxy_that_can_write_no_file_is_said_before_the_server_begins(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", NO_TEMPORARY_FILES, "serve", "--port", "0", "--tls-proxy"],
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=WAIT_S,
        check=False,
    )

    assert (ran.returncode, ran.stdout) == (1, "")
    assert "temporary file: No such file or directory" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_half_closed_client_is_answered_without_a_tunnel(mock: Mock) -> None:
    with mock.connect() as connection:
        connection.sendall(POLL.replace(b"api.krea.ai", b"localhost") * 2)
        connection.shutdown(socket.SHUT_WR)

        assert heard(connection).count(b"HTTP/1.1 200 OK") == 2
    mock.let_all_go()


def test_a_thousand_offers_to_upgrade_in_one_chunk_are_answered(mock: Mock) -> None:
    offer = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    with mock.connect() as connection:
        connection.sendall(offer * 3_000)
        connection.shutdown(socket.SHUT_WR)

        assert heard(connection).count(b"HTTP/1.1 200 OK") == 3_000


def greeting(served: Served) -> tuple[str, str, str]:
    """The proxy, the certificate and the shell's file that a server names at its start."""
    assert served.process.stdout is not None
    text = ""
    while not text.endswith("there\n"):
        text += served.process.stdout.readline().decode()
    [(proxy, ca_file)] = re.findall(r"^  Proxy +(\S+)    CA  (\S+)$", text, re.MULTILINE)
    [shell_file] = re.findall(r"^ +\. (\S+) ", text, re.MULTILINE)
    return proxy, ca_file, shell_file


def test_serve_says_where_proxy_and_certificate_are_and_leads_a_shell_there() -> None:
    require("curl")
    with Served("--port", "0", "--tls-proxy") as served:
        proxy, ca_file, shell_file = greeting(served)
        poll = 'curl -sS https://api.krea.ai/jobs -H "Authorization: Bearer $KREA_API_KEY"'
        ran = subprocess.run(
            ["sh", "-c", f". {shell_file}; . {shell_file}; {poll}; echo; echo $NODE_OPTIONS"],
            capture_output=True,
            env=clean_environment() | {"NODE_OPTIONS": "--no-deprecation"},
            timeout=WAIT_S,
            check=True,
        )
        assert Path(ca_file).exists()
        served.stop()

    assert proxy == served.url
    answer, options = ran.stdout.decode().splitlines()
    assert json.loads(answer) == {"items": [], "next_cursor": None}
    assert options.startswith("--no-deprecation --require ")
    assert options.count("--require") == 1
    assert not Path(ca_file).parent.exists()


def test_the_ready_file_of_a_proxy_leads_through_it(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    with Served("--port", "0", "--tls-proxy", "--ready-file", str(path)) as served:
        facts = facts_in(path)
        assert Path(facts["env_file"]).exists()
        ran = CliRunner(env={"MOCKKREA_URL": "http://127.0.0.1:1", "NODE_OPTIONS": "-p"}).invoke(
            main, ["env", "--ready-file", str(path), "--format", "json"]
        )
    variables = json.loads(ran.stdout)

    assert facts["proxy_url"] == served.url == variables["KREA_BASE_URL"] == variables["HTTPS_PROXY"]
    assert variables["SSL_CERT_FILE"] == facts["ca_file"]
    assert variables["NODE_OPTIONS"].startswith("-p --require ")


def test_a_stop_does_not_wait_for_tunnels_and_says_nothing_of_them() -> None:
    with Served("--port", "0", "--tls-proxy") as served, ExitStack() as stack:
        _, ca_file, _ = greeting(served)
        trusting = ssl.create_default_context(cafile=ca_file)
        at = urlsplit(served.url)
        for said in (
            None,
            b"",
            POLL,
            b"POST /assets HTTP/1.1\r\nHost: api.krea.ai\r\nContent-Length: 9\r\n\r\n",
        ):
            connection = stack.enter_context(socket.create_connection((at.hostname, at.port), timeout=WAIT_S))
            connection.sendall(f"CONNECT {API} HTTP/1.1\r\n\r\n".encode())
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
            if said is not None:
                secured = trusting.wrap_socket(connection, server_hostname="api.krea.ai")
                stack.enter_context(secured).sendall(said)

        _, _, errors = served.stop()

    assert served.process.returncode == 0
    assert "ERROR" not in errors


def test_a_server_without_the_flag_is_no_proxy_and_loads_nothing_for_one() -> None:
    code = "import sys, mockkrea.server, mockkrea.cli; print({'trustme', 'certifi'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    with Served("--port", "0") as served:
        answer = exchange(served, f"CONNECT {API} HTTP/1.1\r\n\r\n")

    assert ran.stdout == b"set()\n"
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"--tls-proxy" in answer
