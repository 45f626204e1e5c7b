"""Documents to read: our own as it is served, a small one, and what Krea published in May 2026."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mockkrea.spec.reading import Spec, read_spec
from tests.asking import Json, Krea

SMALL = Path(__file__).parent / "small.json"
MAY = Path(__file__).parents[3] / "shared" / "reference" / "krea-openapi-2026-05.json"


def own(krea: Krea) -> Json:
    """The document that this mock serves."""
    return krea.get("/openapi.json", key=None).json()


def small() -> Json:
    """The small document."""
    return json.loads(SMALL.read_bytes())


def may() -> bytes:
    """Krea's document of May 2026, where it is at hand."""
    if not MAY.exists():
        assert os.environ.get("MOCKKREA_REQUIRE_ALL") != "1", f"{MAY} is missing"
        pytest.skip("Krea's document of May 2026 is not here")
    return MAY.read_bytes()


def read(document: Json) -> Spec:
    """What the document says."""
    return read_spec(json.dumps(document).encode(), "doc.json")


def describing(schema: Any, **operation: Any) -> Json:  # noqa: ANN401 - JSON
    """A document with one model, `image/acme/dreamer`, that takes this body."""
    content = {"application/json": {"schema": schema}}
    post = {"requestBody": {"content": content}, **operation}
    return {
        "openapi": "3.1.0",
        "info": {"title": "X"},
        "paths": {"/generate/image/acme/dreamer": {"post": post}},
    }
