"""What `mockkrea doctor` says of the proxy by which Krea's own address leads to a mock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from mockkrea.environment import TRUSTED, client_environment
from tests.answering import answering
from tests.asking import KEY, Served
from tests.test_doctor import findings


class Intercepting(Served):
    """A server that is a proxy, too."""

    @property
    def environment(self) -> dict[str, str]:
        """What its env.sh sets that matters here."""
        [ca_file] = re.findall(r"CA  (\S+)", "".join(self.greeting))
        return (
            client_environment(self.url, KEY)
            | {"HTTPS_PROXY": self.url, "NO_PROXY": "127.0.0.1,localhost"}
            | dict.fromkeys(TRUSTED, ca_file)
        )
