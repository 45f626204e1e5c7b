"""Plain HTTP through the proxy to hosts that were allowed: what they hear, and what their clients get."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import httpx
import pytest

from mockkrea import forward, intercept
from mockkrea.adapters.door import Place
from mockkrea.data import Fixtures
from mockkrea.intercept import read_allowed
from mockkrea.outbound import Contact, Outbound
from tests.asking import KEY
from tests.proxying import POLL, WAIT_S, Mock, heard, wait_until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

# Much more than the buffers of two connections on loopback hold.
ENDLESS_BYTES = 60_000_000

# Does what the host does with a connection on which a request's head came, and what came behind that.
Script = Callable[[socket.socket, bytes], None]


class Service:
    """A service that a test talks to beside the mock: it follows its script on each connection.

    `heads` are the heads of the requests that came.
    """

    def __init__(self) -> None:
        self.script: Script = lambda connection, behind: connection.sendall(OK)
        self.heads: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.place = Place("127.0.0.1", self.port)
        self.url = f"http://{self.place}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection, suppress(OSError):
                    connection.settimeout(WAIT_S)
                    head, behind = until(connection, b"\r\n\r\n")
                    self.heads.append(head)
                    self.script(connection, behind)

    def fields(self) -> dict[str, str]:
        """The header fields of the one request that came."""
        [head] = self.heads
        lines = head.decode().split("\r\n")[1:]
        return dict(line.split(": ", 1) for line in lines if line)

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


def until(connection: socket.socket, mark: bytes, before: bytes = b"") -> tuple[bytes, bytes]:
    """What comes up to the mark and with it, and what came behind it.

    Raises:
        ConnectionError: it ended before.
    """
    while mark not in before:
        chunk = connection.recv(65_536)
        if not chunk:
            raise ConnectionError(f"{before[:1_000]!r}, and then the end")
        before += chunk
    head, _, behind = before.partition(mark)
    return head + mark, behind


def saying(answer: bytes) -> Script:
    """Say this, whatever was asked."""
    return lambda connection, behind: connection.sendall(answer)


@pytest.fixture
def service() -> Iterator[Service]:
    with closing(Service()) as running:
        yield running


@contextmanager
def proxying(fixtures: Fixtures, *allowed: Place) -> Iterator[Mock]:
    with closing(Mock(fixtures, *allowed)) as running:
        yield running


@pytest.fixture
def mock(fixtures: Fixtures, service: Service) -> Iterator[Mock]:
    with proxying(fixtures, service.place) as running:
        yield running


@pytest.fixture
def client(mock: Mock) -> Iterator[httpx.Client]:
    """A client that asks the proxy as the field's libraries do."""
    with httpx.Client(proxy=mock.thread.url, trust_env=False, timeout=WAIT_S) as made:
        yield made


def get(url: str, *headers: str) -> bytes:
    """A request as a proxy is asked it, after which the client is done."""
    authority = url.split("/")[2]
    lines = [f"GET {url} HTTP/1.1", f"Host: {authority}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_request_reaches_an_allowed_host_and_its_answer_the_client(
    client: httpx.Client, service: Service
) -> None:
    service.script = saying(
        b"HTTP/1.1 418 Whatever\r\nX-Made-By: them\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
        b"Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 5\r\n\r\nshort"
    )

    answer = client.get(f"{service.url}/bucket/%7Ea%2Fb'(c)?x=1&y=%20&x=", headers={"X-Asked": "yes"})

    assert service.heads[0].startswith(b"GET /bucket/%7Ea%2Fb'(c)?x=1&y=%20&x= HTTP/1.1\r\n")
    assert service.fields()["host"] == str(service.place)
    assert service.fields()["x-asked"] == "yes"
    assert (answer.status_code, answer.content) == (418, b"short")
    assert answer.headers["x-made-by"] == "them"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.headers.get_list("date") == ["Mon, 01 Jan 2024 00:00:00 GMT"]


def test_a_path_is_sent_on_as_it_was_written(mock: Mock, service: Service) -> None:
    for asked in ("/a|b[c]%zz?{d}", "?only=query", ""):
        mock.said(get(service.url + asked))

    targets = [head.split(b" ")[1] for head in service.heads]
    assert targets == [b"/a|b[c]%zz?{d}", b"/?only=query", b"/"]


def test_a_body_of_known_length_is_sent_on_whole(client: httpx.Client, service: Service) -> None:
    content = bytes(range(256)) * 20_000
    came = bytearray()

    def take(connection: socket.socket, behind: bytes) -> None:
        came.extend(behind)
        while len(came) < len(content):
            came.extend(connection.recv(65_536))
        connection.sendall(OK)

    service.script = take

    answer = client.put(f"{service.url}/file", content=content, headers={"Expect": "100-continue"})

    assert answer.content == b"ok"
    assert came == content
    assert service.fields()["content-length"] == str(len(content))
    assert "expect" not in service.fields()


def test_a_body_in_chunks_is_sent_on_as_it_comes(mock: Mock, service: Service) -> None:
    first_came, second_came = threading.Event(), threading.Event()

    def take(connection: socket.socket, behind: bytes) -> None:
        _, behind = until(connection, b"one", behind)
        first_came.set()
        until(connection, b"two\r\n0\r\n\r\n", behind)
        second_came.set()
        connection.sendall(OK)

    service.script = take
    with mock.connect() as connection:
        connection.sendall(get(service.url, "Transfer-Encoding: chunked").replace(b"GET", b"POST"))
        connection.sendall(b"3\r\none\r\n")
        assert first_came.wait(WAIT_S)
        assert not second_came.is_set()
        connection.sendall(b"3\r\ntwo\r\n0\r\n\r\n")

        assert heard(connection).endswith(b"\r\n\r\nok")
    assert service.fields()["transfer-encoding"] == "chunked"


def test_an_answer_is_handed_back_before_it_has_ended(mock: Mock, service: Service) -> None:
    first_was_read = threading.Event()

    def stream(connection: socket.socket, behind: bytes) -> None:
        connection.sendall(CHUNKED + b"6\r\nfirst.\r\n")
        assert first_was_read.wait(WAIT_S)
        connection.sendall(b"5\r\nlast.\r\n0\r\n\r\n")

    service.script = stream
    with mock.connect() as connection:
        connection.sendall(get(service.url))
        until(connection, b"first.\r\n")
        first_was_read.set()

        assert heard(connection) == b"5\r\nlast.\r\n0\r\n\r\n"


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_a_length_that_is_known_stays_for_a_client_of_http_1_0(
    mock: Mock, service: Service, method: bytes
) -> None:
    service.script = saying(OK if method == b"GET" else OK.removesuffix(b"ok"))

    asked = get(service.url).replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"GET", method)
    head, _, body = mock.said(asked).partition(b"\r\n\r\n")

    assert b"\r\ncontent-length: 2\r\n" in head.lower() + b"\r\n"
    assert body == (b"ok" if method == b"GET" else b"")


def test_an_answer_may_come_before_the_whole_body_is_there(mock: Mock, service: Service) -> None:
    service.script = saying(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n")
    with mock.connect() as connection:
        connection.sendall(get(service.url, "Content-Length: 1000").replace(b"GET", b"POST"))

        assert heard(connection).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "said",
    [CHUNKED + b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nonetwo"],
    ids=["chunks", "until it closes"],
)
def test_a_client_of_http_1_0_gets_no_chunks(mock: Mock, service: Service, said: bytes) -> None:
    service.script = saying(said)

    head, _, body = mock.said(get(service.url).replace(b"HTTP/1.1", b"HTTP/1.0")).partition(b"\r\n\r\n")

    assert body == b"onetwo"
    assert b"transfer-encoding" not in head.lower()
    assert b"\r\nconnection: close" in head.lower()


def test_what_is_packed_stays_packed(client: httpx.Client, service: Service) -> None:
    packed = gzip.compress(b"a fox " * 1_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    service.script = saying(head.encode() + packed)

    with client.stream("GET", service.url) as answer:
        raw = b"".join(answer.iter_raw())

    assert answer.headers["content-encoding"] == "gzip"
    assert raw == packed


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nto the end", 200, b"to the end", id="until it closes"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nold", 200, b"old", id="HTTP/1.0"),
        pytest.param(
            b"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Early\r\n\r\n" + OK, 200, b"ok", id="1xx first"
        ),
        pytest.param(b"HTTP/1.1 204 None\r\n\r\n", 204, b"", id="without a body"),
        pytest.param(b"HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", 304, b"", id="as before"),
        pytest.param(
            b"HTTP/1.1 302 There\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 302, b"", id="redirect"
        ),
    ],
)
def test_answers_of_all_kinds_are_handed_back(
    client: httpx.Client, service: Service, said: bytes, status: int, body: bytes
) -> None:
    service.script = saying(said)

    answer = client.get(service.url)

    assert (answer.status_code, answer.content) == (status, body)
    assert len(service.heads) == 1


def test_a_head_is_answered_with_the_length_of_what_it_asked_about(
    client: httpx.Client, service: Service
) -> None:
    service.script = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")

    answer = client.head(service.url)

    assert (answer.headers["content-length"], answer.content) == ("1234", b"")


def test_what_is_meant_for_one_connection_is_not_sent_on(mock: Mock, service: Service) -> None:
    service.script = saying(
        b"HTTP/1.1 200 OK\r\nConnection: close, X-Theirs\r\nX-Theirs: 1\r\nKeep-Alive: timeout=5\r\n"
        b"Proxy-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n"
        b"2\r\nok\r\n0\r\nX-End: 1\r\n\r\n"
    )
    asked = get(
        service.url,
        *("Connection: X-Ours", "X-Ours: 1", "Keep-Alive: 5", "Proxy-Connection: keep-alive"),
        *("Proxy-Authorization: Bearer secret", "TE: trailers", "Upgrade: h2c", "Accept: */*"),
    )

    head, _, body = mock.said(asked).partition(b"\r\n\r\n")

    assert service.fields() == {"host": str(service.place), "connection": "close", "accept": "*/*"}
    names = {line.partition(b":")[0] for line in head.split(b"\r\n")[1:]}
    assert names == {b"transfer-encoding", b"connection"}
    assert body == b"2\r\nok\r\n0\r\n\r\n"


def test_the_host_is_the_one_in_the_url(mock: Mock, service: Service) -> None:
    url = service.url.replace("//", "//user:word@")

    mock.said(get(url).replace(b"Host: ", b"Host: other.example\r\nX-Was: "))

    assert service.fields()["host"] == str(service.place)
    assert "authorization" not in service.fields()


def test_allowed_hosts_and_the_mock_are_asked_on_one_connection_each_for_its_own(
    fixtures: Fixtures, service: Service
) -> None:
    service.script = saying(OK.replace(b"ok", b"it"))
    with (
        closing(Service()) as other,
        proxying(fixtures, service.place, other.place) as mock,
        mock.connect() as connection,
    ):
        for url, said in ((service.url, b"it"), (other.url, b"ok"), (service.url, b"it")):
            connection.sendall(get(url + "/x").replace(b"Connection: close\r\n", b""))
            head, _ = until(connection, b"\r\n\r\n" + said)
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        connection.sendall(POLL.replace(b"api.krea.ai", b"localhost"))

        assert b'"items"' in connection.recv(65_536)
        assert (len(service.heads), len(other.heads)) == (2, 1)


def test_requests_that_come_at_once_are_answered_in_their_order(mock: Mock, service: Service) -> None:
    kept = get(service.url).replace(b"Connection: close\r\n", b"")

    answer = mock.said(kept + POLL.replace(b"api.krea.ai", b"localhost") + get(service.url))

    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert answer.index(b"\r\n\r\nok") < answer.index(b'"items"') < answer.rindex(b"\r\n\r\nok")


def test_no_world_hears_of_what_is_forwarded(mock: Mock, client: httpx.Client, service: Service) -> None:
    client.post(
        f"{service.url}/generate/image/bfl/flux-1-dev",
        json={"prompt": "a fox"},
        headers={"Authorization": f"Bearer {KEY}"},
    )

    worlds = mock.thread.worlds
    assert len(service.heads) == 1
    assert list(worlds.made()) == []
    assert list(worlds.default.requests.exchanges()) == []
    assert list(worlds.default.journal.records) == []


def test_a_host_that_does_not_answer_is_a_502_that_says_so(fixtures: Fixtures) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        place = Place("127.0.0.1", closed.getsockname()[1])
    with proxying(fixtures, place, Place("no-such.invalid", 80)) as mock:
        refused = mock.said(get(f"http://{place}/"))
        unknown = mock.said(get("http://no-such.invalid/"))

    assert refused.startswith(b"HTTP/1.1 502 ")
    assert f"{place} cannot be reached: ".encode() in refused
    assert unknown.startswith(b"HTTP/1.1 502 ")
    assert b"no-such.invalid:80 cannot be reached: " in unknown


@pytest.mark.parametrize(
    "said",
    [
        *(b"", b"220 hello\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 999 No\r\n\r\n"),
        *(b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", b"HTTP/1.1 100 Go on\r\n\r\n"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 3 * forward.HEAD_BYTES_MAX, id="a large head"),
    ],
)
def test_what_is_no_answer_is_a_502_that_names_the_host(mock: Mock, service: Service, said: bytes) -> None:
    service.script = saying(said)

    answer = mock.said(get(service.url))

    assert answer.startswith(b"HTTP/1.1 502 ")
    assert f"{service.place} gave no answer: ".encode() in answer


@pytest.mark.parametrize(
    "head", [CHUNKED + b"4\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"], ids=["chunks", "length"]
)
def test_an_answer_that_is_cut_off_is_cut_off_for_the_client_too(
    client: httpx.Client, service: Service, head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    service.script = saying(head + b"part")

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(service.url)
    assert caplog.messages == []


def test_a_host_that_is_silent_for_too_long_is_a_502(
    mock: Mock, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "SILENT_S_MAX", 0.05)
    service.script = lambda connection, behind: void(heard(connection))

    answer = mock.said(get(service.url))

    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"it was silent for 0.05 seconds" in answer


def void(said: bytes) -> None:
    """Nothing is done with it."""


@pytest.mark.parametrize("behind", [b"", POLL], ids=["the only request", "another behind it"])
def test_a_client_that_goes_is_not_waited_for(
    mock: Mock, service: Service, behind: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    given_up = threading.Event()

    def flood(connection: socket.socket, asked: bytes) -> None:
        try:
            connection.sendall(CHUNKED)
            for _ in range(ENDLESS_BYTES // 65_536):
                connection.sendall(b"10000\r\n" + bytes(65_536) + b"\r\n")
        except OSError:
            given_up.set()

    service.script = flood
    with mock.connect() as connection:
        connection.sendall(get(service.url).replace(b"Connection: close\r\n", b"") + behind)
        until(connection, bytes(1_000))

    assert given_up.wait(WAIT_S)
    mock.let_all_go()
    assert caplog.messages == []


def test_a_client_that_does_not_read_holds_up_the_host(mock: Mock, service: Service) -> None:
    sent: list[int] = []

    def flood(connection: socket.socket, asked: bytes) -> None:
        connection.settimeout(1)
        with suppress(TimeoutError):
            connection.sendall(CHUNKED)
            while len(sent) < ENDLESS_BYTES // 65_536:
                connection.sendall(b"10000\r\n" + bytes(65_536) + b"\r\n")
                sent.append(65_536)
        sent.append(0)

    service.script = flood
    with mock.connect() as connection:
        connection.sendall(get(service.url))
        wait_until(lambda: bool(sent) and sent[-1] == 0)

        assert mock.is_write_paused()
        assert sum(sent) < ENDLESS_BYTES
        mock.pass_by(61)
    mock.let_all_go()


def test_a_stop_does_not_wait_for_what_is_forwarded(
    fixtures: Fixtures, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    begun = threading.Event()

    def hang(connection: socket.socket, behind: bytes) -> None:
        begun.set()
        heard(connection)

    service.script = hang
    with ExitStack() as stack:
        mock = stack.enter_context(proxying(fixtures, service.place))
        connection = stack.enter_context(mock.connect())
        connection.sendall(get(service.url))
        assert begun.wait(WAIT_S)
        mock.thread.close()

        assert caplog.messages == []


def test_a_host_that_is_not_allowed_is_refused_with_the_flag_that_opens_it(mock: Mock) -> None:
    bare = mock.said(get("http://minio/x"))
    with_port = mock.said(get("http://minio:9000/x"))

    assert bare.startswith(b"HTTP/1.1 403 ")
    assert b"nobody out to minio:80;" in bare
    assert b"--allow-host minio opens it." in bare
    assert with_port.startswith(b"HTTP/1.1 403 ")
    assert b"--allow-host minio:9000 opens it." in with_port


def test_a_host_is_open_at_the_ports_that_were_allowed_only(fixtures: Fixtures) -> None:
    with proxying(fixtures, *read_allowed("minio.invalid"), *read_allowed("queue.invalid:81")) as mock:
        statuses = {
            url: mock.said(get(url)).split(b" ")[1]
            for url in (
                *("http://minio.invalid/", "http://minio.invalid:443/", "http://minio.invalid:81/"),
                *("http://queue.invalid/", "http://queue.invalid:81/"),
            )
        }

    assert list(statuses.values()) == [b"502", b"502", b"403", b"403", b"502"]


def test_https_without_a_tunnel_is_refused_for_an_allowed_host(mock: Mock, service: Service) -> None:
    answer = mock.said(get(service.url.replace("http:", "https:")))

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert f"Ask for a tunnel to {service.place} with CONNECT, for https.".encode() in answer
    assert service.heads == []


def test_a_websocket_is_refused_with_the_way_to_get_one(mock: Mock, service: Service) -> None:
    answer = mock.said(
        get(service.url, "Connection: Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Key: eA==")
    )

    assert answer.startswith(b"HTTP/1.1 501 ")
    assert f"Ask for a tunnel to {service.place} with CONNECT.".encode() in answer
    assert service.heads == []


def test_a_request_that_not_every_server_understands_is_not_sent_on(mock: Mock, service: Service) -> None:
    answer = mock.said(
        get(service.url, "Transfer-Encoding: gzip, chunked").replace(b"GET", b"POST") + b"0\r\n\r\n"
    )

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"cannot be sent on: " in answer
    assert service.heads == []


def test_from_another_machine_it_needs_the_admin_token(
    mock: Mock, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mock.proxy, "_admin_token", "secret")
    monkeypatch.setattr(intercept, "_is_of_this_machine", lambda address: False)

    refused = mock.said(get(service.url, "Proxy-Authorization: Bearer wrong"))
    taken = mock.said(get(service.url, "Proxy-Authorization: Bearer secret"))

    assert refused.startswith(b"HTTP/1.1 407 ")
    assert b'\r\nproxy-authenticate: Basic realm="mockkrea"\r\n' in refused
    assert taken.startswith(b"HTTP/1.1 200 ")
    assert len(service.heads) == 1


def test_an_allowed_name_of_this_machine_is_not_the_mock(fixtures: Fixtures, service: Service) -> None:
    with proxying(fixtures, Place("localhost", service.port)) as mock:
        answer = mock.said(get(f"http://LOCALHOST:{service.port}/health"))

    assert answer.endswith(b"\r\n\r\nok")


def test_whoever_asks_where_the_process_went_is_told(
    mock: Mock, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound = Outbound()
    monkeypatch.setattr(sys, "audit", lambda event, *args: outbound.hear(event, args))

    mock.said(get(service.url))

    assert outbound.places() == [Contact("127.0.0.1", service.port, on_purpose=True)]


def test_what_forwards_is_not_imported_before_it_is_asked_for() -> None:
    code = "import sys, mockkrea.server; print('mockkrea.forward' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert ran.stdout == b"False\n"
