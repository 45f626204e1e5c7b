"""Krea's own hosts, and which of them serves what: where a client is sent that believes us to be Krea.

That the API and `/mcp` are at api.krea.ai is documented, also for presigned uploads; that people and
programs sign in at www.krea.ai and that results lie at gen.krea.ai is recorded. Uploads at
app-uploads.krea.ai are recorded as well, that all assets lie there is ASSUMED. Whichever of the hosts is
asked, the whole mock answers (ASSUMED): which paths each of them lacks is not known.
"""

from __future__ import annotations

from mockkrea.adapters.door import DEFAULT_PORTS, Place
from mockkrea.core.assets import UPLOADS_PATH

API = "api.krea.ai"
SIGN_IN = "www.krea.ai"
RESULTS = "gen.krea.ai"
UPLOADS = "app-uploads.krea.ai"
INTERCEPTED = frozenset({API, SIGN_IN, RESULTS, UPLOADS})

# In the scope: the one of these hosts that the client has asked for, and reached us instead.
MEANT = "mockkrea.meant"

# What URLs begin with for such a client.
ORIGIN = f"https://{API}"

# The first of these that a path begins with says its host; all others are the API's.
HOST_OF_PATH = ((UPLOADS_PATH, UPLOADS), ("/files/", RESULTS))


def url(base_url: str, path: str) -> str:
    """Where a path of a world lies for a client whose URLs of that world begin with `base_url`."""
    if not _is_krea(base_url):
        return base_url + path
    host = next((host for beginning, host in HOST_OF_PATH if path.startswith(beginning)), API)
    return f"https://{host}{base_url.removeprefix(ORIGIN)}{path}"


def issuer(base_url: str) -> str:
    """What the authorization server of a world is called, and its URLs begin with."""
    return f"https://{SIGN_IN}{base_url.removeprefix(ORIGIN)}" if _is_krea(base_url) else base_url


def is_named_by(host: str, meant: str) -> bool:
    """Whether a Host header names the host that is meant, over TLS."""
    place = Place.of(host)
    return place is not None and bare(place.name) == meant and place.port in (None, DEFAULT_PORTS["https"])


def bare(name: str) -> str:
    """A host name without the dot that may stand behind its last label."""
    return name.removesuffix(".")


def _is_krea(base_url: str) -> bool:
    return base_url.startswith(ORIGIN) and base_url[len(ORIGIN) :][:1] in ("", "/")
