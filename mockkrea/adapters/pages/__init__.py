"""Pages for people: templates filled with facts, everything escaped, and the headers that keep them safe.

They work without scripts, and nothing but their own style sheet may load. There is no `form-action` in
the policy: browsers apply it to the redirect that follows a form, which leads to the client.
Jinja is imported at the first page.
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


def page(template: str, status: int = 200, **facts: object) -> Answer:
    """A page of this folder, whatever the facts say."""
    text = _templates().get_template(template).render(facts)
    return Answer(status, text.encode(errors="replace"), HTML, _headers())


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
    return templates


@cache
def _style() -> str:
    return (FOLDER / "page.css").read_text(encoding="utf-8")


@cache
def _headers() -> tuple[tuple[bytes, bytes], ...]:
    style_hash = b64encode(sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{style_hash}'; img-src data:;"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-frame-options", b"DENY"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", b"no-store"),
    )
