"""Which paths are served, with their methods, and what a path that is not probably meant.

A test holds the table and the routes together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from mockkrea.core.globs import fits, overlap
from mockkrea.core.hints import clause, nearest_word, shortened
from mockkrea.core.matching import GENERATE_PATH, Adapter, adapter_at

_OF_MCP = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OF_METADATA = ("GET", "OPTIONS")
_OF_TOKENS = ("POST", "OPTIONS")

ANY_PART, ALL_THAT_FOLLOWS = "?*", "?**"

# The paths that are served, as globs, with their methods. GET answers HEAD too.
ROUTES: Mapping[str, tuple[str, ...]] = {
    "/generate/?**": ("POST",),
    "/jobs": ("GET",),
    "/jobs/?*": ("GET", "DELETE"),
    "/assets": ("GET", "POST"),
    "/assets/presigned": ("POST",),
    "/assets/?*": ("GET", "DELETE"),
    "/public-api/assets/presigned/?*": ("POST",),
    "/styles": ("GET",),
    "/styles/train": ("POST",),
    "/styles/?*": ("GET", "PATCH"),
    "/styles/?*/share/link": ("GET",),
    "/styles/?*/share/workspace": ("POST", "DELETE"),
    "/node-apps": ("GET",),
    "/node-apps/?*": ("GET",),
    "/node-apps/?*/versions": ("GET",),
    "/node-apps/?*/execute": ("POST",),
    "/usage": ("GET",),
    "/export/3d": ("POST",),
    "/.well-known/oauth-protected-resource": _OF_METADATA,
    "/.well-known/oauth-protected-resource/mcp": _OF_METADATA,
    "/.well-known/oauth-authorization-server": _OF_METADATA,
    "/.well-known/oauth-authorization-server/mcp": _OF_METADATA,
    "/.well-known/openid-configuration": _OF_METADATA,
    "/.well-known/openid-configuration/mcp": _OF_METADATA,
    "/auth/v1/oauth/clients/register": _OF_TOKENS,
    "/auth/v1/oauth/token": _OF_TOKENS,
    "/auth/v1/oauth/revoke": _OF_TOKENS,
    "/auth/v1/oauth/authorize": ("GET",),
    "/auth/v1/oauth/consent": ("GET", "POST"),
    "/mcp": _OF_MCP,
    "/files/?**": ("GET",),
    "/health": ("GET",),
    "/openapi.json": ("GET",),
}

# The first parts of all paths.
BEGINNINGS = tuple(dict.fromkeys("/".join(each.split("/")[:2]) for each in ROUTES))

# Meets no rule and is not logged.
OURS = "/health"
UNSEEN = f"{OURS} is mockkrea's own: it meets no faults and is not logged"

STARS = re.compile(r"\*+")


def mistake_in_any_path(glob: str) -> str:
    """Why the log has no such path, served or not, that matches this glob; nothing if it may."""
    if not glob.startswith(("/", "*", "?")):
        return f"a path begins with a slash: /{glob[:60]}"
    return UNSEEN if glob == OURS else ""


def mistake_in_path(glob: str) -> str:
    """Why no path that is served, and that rules and the log see, can match this glob; nothing if one can.

    Of a model's path any model will do: `mistake_in_path_of_model` knows those of a world.
    """
    if mistake := mistake_in_any_path(glob):
        return mistake
    if routes := _routes_at(glob):
        return UNSEEN if routes == (OURS,) else ""
    if near := nearest_word(glob, _meant_by(glob)):
        return f"no such path is served; did you mean {near}?"
    beside = [_shown(each) for each in ROUTES if each.split("/")[:2] == glob.split("/")[:2]]
    return f"no such path is served; there are {', '.join(beside)}" if beside else "no path begins so"


def mistake_in_path_of_model(glob: str, models: Collection[str]) -> str:
    """Why a glob of paths below /generate/ matches the path of none of these models; nothing if it does."""
    model = glob.removeprefix(GENERATE_PATH)
    if model == glob or any(fits(model, each) for each in models):
        return ""
    wider = STARS.sub("**", model)
    if any(fits(wider, each) for each in models):
        return f"{shortened(glob)} is no model's path; did you mean {GENERATE_PATH}{shortened(wider)}?"
    return f'there is no model "{shortened(model)}"{clause(model, models)}'


def mistake_in_method(method: str, glob: str | None, adapters: Collection[str]) -> str:
    """Why no path that this glob matches is served for this method; nothing if one is, or if there is none.

    Args:
        adapters: where the request comes in; none if that does not matter.
    """
    routes = [each for each in _routes_at(glob or "**") if not adapters or adapter_at(each) in adapters]
    methods = dict.fromkeys(each for route in routes for each in _methods_at(route))
    if not methods or method in methods:
        return ""
    where = f"adapter: {' or '.join(sorted(adapters))}" if glob is None else f"path: {shortened(glob)}"
    return f"method contradicts {where}, which is served for {' and '.join(methods)}."


def adapters_at(glob: str) -> set[Adapter]:
    """Where requests for paths of this glob can come in, served or not."""
    reached = {adapter_at(each) for each in BEGINNINGS if fits(glob, each) or overlap(glob, f"{each}/**")}
    return reached or {Adapter.REST}


@lru_cache(maxsize=1024)
def _routes_at(glob: str) -> tuple[str, ...]:
    """The routes of the paths that a glob can match; a path that is written out in the table has its own."""
    if glob in ROUTES and "?" not in glob:
        return (glob,)
    return tuple(each for each in ROUTES if overlap(glob, each))


def _methods_at(route: str) -> tuple[str, ...]:
    methods = ROUTES[route]
    return (*methods, "HEAD") if "GET" in methods else methods


def _meant_by(glob: str) -> Iterator[str]:
    """What the glob would be with the words of routes in the place of words like them."""
    written = glob.rstrip("/").split("/")
    for route in ROUTES:
        meant = _as_meant(route, written)
        if meant is not None and _routes_at(meant):
            yield meant


def _as_meant(route: str, written: Sequence[str]) -> str | None:
    words = route.split("/")
    if words[-1] == ALL_THAT_FOLLOWS:
        written = written if len(written) >= len(words) else [*written, "**"]
        words = [*words[:-1], *[ANY_PART] * (len(written) - len(words) + 1)]
    if len(words) != len(written):
        return None
    meant: list[str] = []
    for word, its in zip(words, written, strict=True):
        near = its if word == ANY_PART else nearest_word(its, [word])
        if near is None:
            return None
        meant.append(near)
    return "/".join(meant)


def _shown(route: str) -> str:
    return route.replace("?", "")
