"""The storage that presigned URLs lead to: recordings that play, which are a second of one tone.

Whoever has an address may read it for as long as it lasts, without a key, and a part of it (``Range``).
"""

from __future__ import annotations

import io
import math
import re
import wave

from starlette.requests import Request
from starlette.responses import Response

from gateway.simulator.simulator import Simulator

PATH = "/storage"
RATE = 8000

_NAME = re.compile(r"[0-9a-f-]{36}-\d+-[0-9a-f]{16}-(mono|stereo|assistant|customer)\.wav")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_DENIED = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code></Error>'
_TAG = '"a-tone"'


async def get_file(request: Request) -> Response:
    """GET /storage/{name}: 403 without a signature or after its time, 404 for what is no recording."""
    simulator: Simulator = request.app.state.simulator
    if not _is_signed(request, simulator.now):
        return Response(_DENIED.format("AccessDenied"), 403, media_type="application/xml")
    found = _NAME.fullmatch(request.path_params["name"])
    if found is None:
        return Response(_DENIED.format("NoSuchKey"), 404, media_type="application/xml")
    return _part(tone(channels=2 if found[1] == "stereo" else 1), request)


def tone(*, channels: int) -> bytes:
    """A second of 440 Hz as a WAV file."""
    samples = bytes(128 + round(60 * math.sin(2 * math.pi * 440 * at / RATE)) for at in range(RATE))
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setnchannels(channels)
        writing.setsampwidth(1)
        writing.setframerate(RATE)
        writing.writeframes(bytes(sample for sample in samples for _ in range(channels)))
    return file.getvalue()


def _is_signed(request: Request, now: int) -> bool:
    asked = request.query_params
    date, lasts = asked.get("X-Amz-Date", ""), asked.get("X-Amz-Expires", "")
    if not (date.isdecimal() and lasts.isdecimal() and asked.get("X-Amz-Signature", "").startswith("fake")):
        return False
    return now <= int(date) + int(lasts) * 1000


def _part(content: bytes, request: Request) -> Response:
    """The part that was asked for, or all of it."""
    headers = {"Accept-Ranges": "bytes", "ETag": _TAG}
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    if wanted is None or wanted[0] == "bytes=-" or request.headers.get("if-range", _TAG) != _TAG:
        return Response(content, headers=headers, media_type="audio/wav")
    size = len(content)
    if wanted[1]:
        first, last = int(wanted[1]), min(int(wanted[2] or size), size - 1)
    else:
        first, last = max(0, size - int(wanted[2])), size - 1
    if first > last:
        return Response(None, 416, headers={**headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(content[first : last + 1], 206, headers=headers, media_type="audio/wav")
