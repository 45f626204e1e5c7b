"""Proof that a server stays on its machine: its own count of connections, and the kernel's list."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from mockkrea import sockets
from mockkrea.outbound import PLACES_MAX, Contact, Outbound
from tests.asking import FLUX, Served


def test_an_audit_hook_hears_python_connect_by_tcp_and_udp() -> None:
    outbound = Outbound()
    outbound.watch()
    with socket.socket() as server, socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]

        tcp.connect(("127.0.0.1", port))
        udp.sendto(b"", ("127.0.0.1", port + 1 if port < 65_535 else 1))

    heard = [place for place in outbound.places() if place.port in (port, port + 1, 1)]
    assert len(heard) == 2
    assert heard[0] == Contact("127.0.0.1", port, on_purpose=False)


def test_a_connection_on_purpose_is_told_apart_and_each_place_stands_once() -> None:
    outbound = Outbound()

    outbound.hear("mockkrea.connect", ("192.0.2.1", 443))
    outbound.hear("socket.connect", (None, ("192.0.2.1", 443)))
    outbound.hear("socket.connect", (None, "/run/some.socket"))
    outbound.hear("open", ("/etc/passwd", "r", 0))

    assert outbound.places() == [Contact("192.0.2.1", 443, on_purpose=True)]


def test_a_hundred_places_are_kept_and_no_more() -> None:
    outbound = Outbound()

    for port in range(PLACES_MAX + 10):
        outbound.hear("mockkrea.connect", ("192.0.2.1", port))

    assert len(outbound.places()) == PLACES_MAX


def test_a_server_that_was_only_asked_has_connected_nowhere_by_either_count() -> None:
    with Served("--port", "0") as served, served.client() as client:
        client.post(f"/generate/{FLUX}", json={"prompt": "x"})
        client.get("/openapi.json")
        client.get("/.well-known/oauth-authorization-server")
        health = client.get("/__mockkrea/health").json()

        assert health["pid"] == served.process.pid
        assert health["outbound"] == []
        if sys.platform == "linux":
            assert sockets.outgoing(health["pid"], int(served.url.rpartition(":")[2])) == []


def test_a_webhook_is_seen_by_both_counts_while_its_receiver_waits() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as receiver,
        Served("--port", "0", "--progression", "immediate") as served,
        served.client() as client,
    ):
        port = receiver.getsockname()[1]
        receiver.settimeout(Served.WAIT_S)
        hook = {"X-Webhook-URL": f"http://127.0.0.1:{port}/hook"}
        client.post(f"/generate/{FLUX}", json={"prompt": "x"}, headers=hook)
        connection, _ = receiver.accept()

        with connection:
            health = client.get("/__mockkrea/health").json()
            assert health["outbound"] == [{"host": "127.0.0.1", "port": port, "on_purpose": True}]
            if sys.platform == "linux":
                own = int(served.url.rpartition(":")[2])
                assert sockets.outgoing(health["pid"], own) == [f"127.0.0.1:{port}"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_the_kernels_list_has_what_is_connected_over_either_internet_protocol() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as far:
        own, port = server.getsockname()[1], far.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", own)):
            found = sockets.outgoing(os.getpid(), own)

    assert found is not None
    assert f"127.0.0.1:{port}" in found


def test_a_process_that_does_not_have_the_port_or_is_not_there_tells_nothing(tmp_path: Path) -> None:
    assert sockets.outgoing(os.getpid(), 1) is None
    assert sockets.outgoing(1, 1, tmp_path) is None


def test_addresses_are_read_as_the_kernel_writes_them(tmp_path: Path) -> None:
    head = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    )
    rest = "00000000:00000000 00:00000000 00000000     0        0"
    net, fd = tmp_path / "7" / "net", tmp_path / "7" / "fd"
    net.mkdir(parents=True)
    fd.mkdir()
    for number, inode in enumerate((100, 101, 102)):
        (fd / str(number)).symlink_to(f"socket:[{inode}]")
    (fd / "9").symlink_to("/dev/null")
    words = b"".join(
        part[::-1] if sys.byteorder == "little" else part
        for part in (bytes.fromhex("20010db8"), bytes(4), bytes(4), bytes.fromhex("00000001"))
    ).hex()
    loopback = bytes([127, 0, 0, 1])[:: -1 if sys.byteorder == "little" else 1].hex().upper()
    (net / "tcp").write_text(
        head
        + f"   0: {loopback}:1664 00000000:0000 0A {rest} 100 1\n"
        + f"   1: {loopback}:1664 {loopback}:ABCD 01 {rest} 101 1\n"
        + f"   2: {loopback}:9999 {loopback}:0050 01 {rest} 999 1\n"
    )
    (net / "tcp6").write_text(head + f"   0: {'0' * 32}:8888 {words}:01BB 01 {rest} 102 1\n")

    assert sockets.outgoing(7, 0x1664, tmp_path) == ["[2001:db8::1]:443"]
