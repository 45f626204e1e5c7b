"""What mockkrea is measured against: the least a Starlette application can do.

It parses JSON, keeps it in a dictionary under a UUID and answers JSON; it checks, bills, records and
logs nothing. One uvicorn worker on uvloop and httptools, as mockkrea has them.

    python reference_app.py READY_FILE
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

HOST = "127.0.0.1"


def application() -> Starlette:
    """An application with an empty dictionary."""
    items: dict[str, object] = {}

    async def add(request: Request) -> JSONResponse:
        item_id = str(uuid4())
        items[item_id] = await request.json()
        return JSONResponse({"job_id": item_id, "status": "queued"})

    async def show(request: Request) -> JSONResponse:
        item_id = request.path_params["id"]
        if item_id not in items:
            return JSONResponse({"error": "not found"}, 404)
        return JSONResponse({"job_id": item_id, "input": items[item_id]})

    async def health(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/items", add, methods=["POST"]),
            Route("/items/{id}", show),
        ]
    )


def serve(app: Starlette, ready_file: Path) -> None:
    """Serve an application at a free port until a signal comes; the file says where."""
    bound = socket.create_server((HOST, 0))
    facts = {"url": f"http://{HOST}:{bound.getsockname()[1]}"}
    unfinished = ready_file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(facts), encoding="utf-8")
    unfinished.replace(ready_file)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    serve(application(), Path(sys.argv[1]))
