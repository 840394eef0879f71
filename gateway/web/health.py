"""Health: whether the process lives, and whether it can answer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse


async def livez(_: Request) -> JSONResponse:
    """200 as long as the event loop turns."""
    return JSONResponse({"status": "live"})


async def readyz(request: Request) -> JSONResponse:
    """200 once everything is open, 503 before and while closing."""
    ready = bool(getattr(request.app.state, "ready", False))
    return JSONResponse({"status": "ready" if ready else "not ready"}, status_code=200 if ready else 503)
