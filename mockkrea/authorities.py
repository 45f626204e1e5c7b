"""The authorities that an environment names for its programs to trust, as PEM certificates."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

# Where a process learns which authorities to trust: OpenSSL with Python and Go, requests, curl, Node.
VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")

PEM = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

# Bundles of all public authorities have 250 KB.
FILE_BYTES_MAX = 10_000_000

SHOWN_MAX = 200


class Named(NamedTuple):
    """Certificates, each once, and a sentence about each variable that names what is not one."""

    certificates: tuple[str, ...]
    warnings: tuple[str, ...]


def named_by(environment: Mapping[str, str]) -> Named:
    """What the variables name: each a file, or a folder with files as requests takes one."""
    certificates: dict[str, None] = {}
    warnings = []
    for path, variable in _paths(environment).items():
        try:
            found = [each for text in _texts(Path(path)) for each in certificates_in(text)]
        except (OSError, ValueError) as reason:
            fault = f"which cannot be read: {getattr(reason, 'strerror', None) or reason}"
        else:
            usable = _usable(found)
            certificates |= dict.fromkeys(usable)
            if len(usable) == len(found) > 0:
                continue
            fault = f"of whose certificates {len(usable)} of {len(found)} can be read"
        warnings.append(f"{variable} names {path[:SHOWN_MAX]!r}, {fault}.")
    return Named(tuple(certificates), tuple(warnings))


def _paths(environment: Mapping[str, str]) -> dict[str, str]:
    """Each path once, with the first variable that names it."""
    return {environment[name]: name for name in reversed(VARIABLES) if environment.get(name)}


def certificates_in(text: str) -> Iterable[str]:
    """The certificates in a bundle, without what stands between them."""
    return (match.replace("\r\n", "\n") + "\n" for match in PEM.findall(text))


def _texts(path: Path) -> Iterator[str]:
    """What stands in a file, or in each of a folder.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no file that could have certificates.
    """
    if not path.is_dir():
        yield _text(path)
        return
    for each in sorted(path.iterdir()):
        # A folder of certificates may hold links that lead nowhere any more.
        if each.is_file():
            yield _text(each)


def _text(path: Path) -> str:
    size = path.stat().st_size
    if not path.is_file() or size > FILE_BYTES_MAX:
        raise ValueError(f"it is no file of at most {FILE_BYTES_MAX:,} bytes")
    return path.read_text(encoding="latin-1")


def _usable(certificates: Iterable[str]) -> list[str]:
    """Those that OpenSSL can read: one that it cannot would spoil all that come after it in a file."""
    usable = []
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for each in certificates:
        # It says both of what is no Base64 and of what is no certificate.
        with suppress(ssl.SSLError, ValueError):
            trusting.load_verify_locations(cadata=each)
            usable.append(each)
    return usable
