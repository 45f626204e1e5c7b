"""Pages for people: templates filled with facts, everything escaped, and the headers that keep them safe.

Those of the consent work without scripts, and nothing but their own style sheet may load. There is no
`form-action` in their policy: browsers apply it to the redirect that follows a form, which leads to the
client. Those of the dashboard load style sheet, script and pictures from their own server and from nowhere
else. All share their colours (`tokens.css`). Jinja is imported at the first page.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from mockkrea.adapters.http_answers import Answer

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent
HTML = b"text/html; charset=utf-8"

# The style sheets and the script of the dashboard: the files that each is made of, and its type.
ASSETS: dict[str, tuple[tuple[str, ...], bytes]] = {
    "dashboard.css": (
        ("tokens.css", "dashboard/frame.css", "dashboard/parts.css"),
        b"text/css; charset=utf-8",
    ),
    "dashboard.js": (("dashboard/dashboard.js",), b"text/javascript; charset=utf-8"),
    "icon.svg": (("dashboard/icon.svg",), b"image/svg+xml"),
}

SAFETY = (
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)
# A form's Origin would be null under `no-referrer`, and then the guard could not tell it from a stranger's.
FRAMED = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self';"
        b" connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"referrer-policy", b"same-origin"),
    *SAFETY,
)


def page(template: str, status: int = 200, **facts: object) -> Answer:
    """A page of this folder, whatever the facts say."""
    return Answer(status, _filled(template, facts), HTML, _headers())


def framed(template: str, facts: dict[str, object], status: int = 200) -> Answer:
    """A page of the dashboard, whatever the facts say."""
    return Answer(status, _filled(f"dashboard/{template}", facts), HTML, FRAMED)


def asset(name: str) -> Answer | None:
    """A style sheet, script or picture of the dashboard; its URL changes whenever it does."""
    if name not in ASSETS:
        return None
    forever = (
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"x-content-type-options", b"nosniff"),
    )
    return Answer(200, _asset(name), ASSETS[name][1], forever)


def _filled(template: str, facts: dict[str, object]) -> bytes:
    return _templates().get_template(template).render(facts).encode(errors="replace")


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["style"] = _style()
    templates.globals["mark"] = sha256(b"".join(map(_asset, ASSETS))).hexdigest()[:12]
    return templates


@cache
def _style() -> str:
    return _joined("tokens.css", "page.css")


@cache
def _asset(name: str) -> bytes:
    return _joined(*ASSETS[name][0]).encode()


def _joined(*names: str) -> str:
    return "".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


@cache
def _headers() -> tuple[tuple[bytes, bytes], ...]:
    style_hash = b64encode(sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{style_hash}'; img-src data:;"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    return (
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"no-referrer"),
        *SAFETY,
    )
