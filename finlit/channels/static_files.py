"""The files of ``web/``: read again when they change, compressed once, checked by the browser with an ETag."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from sanic.request import Request
from sanic.response import HTTPResponse, raw

_COMPRESSED = (".js", ".css", ".html")
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}


@dataclass(frozen=True)
class _File:
    changed: int
    content: bytes
    compressed: bytes | None
    etag: str


class StaticFiles:
    """The files below ``folder`` by their paths; only what was there when first asked for can be asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in _TYPES}
        self._files: dict[str, _File] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def response(self, request: Request, name: str, headers: dict[str, str]) -> HTTPResponse:
        """Return the file ``name``, compressed where the browser takes that, or 304 when it has it already."""
        file = self._read(name)
        headers = {**headers, "ETag": file.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == file.etag:
            return raw(b"", status=304, headers=headers)
        kind = _TYPES[Path(name).suffix]
        if file.compressed is not None and "gzip" in str(request.headers.get("accept-encoding", "")):
            headers["Content-Encoding"] = "gzip"
            return raw(file.compressed, content_type=kind, headers=headers)
        return raw(file.content, content_type=kind, headers=headers)

    def _read(self, name: str) -> _File:
        path = self._folder / name
        changed = path.stat().st_mtime_ns
        known = self._files.get(name)
        if known is None or known.changed != changed:
            content = path.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
            compressed = gzip.compress(content, 9, mtime=0) if path.suffix in _COMPRESSED else None
            known = self._files[name] = _File(changed, content, compressed, etag)
        return known
