"""What the kernel of this machine says of a process's connections; on Linux, in /proc."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

LISTENING = "0A"
SOCKET = re.compile(r"socket:\[(\d+)\]")
WORD = 8


class Connection(NamedTuple):
    """One TCP socket: its own port, and the other end. One that listens has port 0 there."""

    local_port: int
    host: str
    port: int

    @property
    def far_end(self) -> str:
        """The other end, as URLs write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def outgoing(pid: int, port: int, proc: Path = Path("/proc")) -> list[str] | None:
    """The places that a server on this port is connected to now, clients of its port left out.

    None where that cannot be known: on another system, of another user's process, in another container,
    or if the process has no such port.
    """
    try:
        inodes = {match[1] for each in (proc / str(pid) / "fd").iterdir() if (match := _inode(each))}
        rows = [
            connection
            for table in ("tcp", "tcp6")
            if (path := proc / str(pid) / "net" / table).exists()
            for inode, connection in _rows(path.read_text(encoding="ascii"))
            if inode in inodes
        ]
    except OSError:
        return None
    if not any(each.local_port == port and each.port == 0 for each in rows):
        return None
    return [each.far_end for each in rows if each.port != 0 and each.local_port != port]


def _inode(descriptor: Path) -> re.Match[str] | None:
    try:
        return SOCKET.fullmatch(str(descriptor.readlink()))
    except FileNotFoundError:
        # It was closed between being listed and being read.
        return None


def _rows(table: str) -> Iterator[tuple[str, Connection]]:
    """Inode and connection of each row of /proc/net/tcp or tcp6 (proc(5))."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        local, remote, state, inode = fields[1], fields[2], fields[3], fields[9]
        address, _, port = remote.partition(":")
        listens = state == LISTENING
        yield (
            inode,
            Connection(int(local.partition(":")[2], 16), _address(address), 0 if listens else int(port, 16)),
        )


def _address(digits: str) -> str:
    """An address in hexadecimal words of 32 bits, each in this machine's order of bytes."""
    words = (int(digits[at : at + WORD], 16).to_bytes(4, sys.byteorder) for at in range(0, len(digits), WORD))
    address = ip_address(b"".join(words))
    return str(getattr(address, "ipv4_mapped", None) or address)
