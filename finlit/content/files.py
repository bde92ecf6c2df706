"""Writing a content file whole or not at all, and noticing that somebody else wrote it first."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path


class ChangedMeanwhile(RuntimeError):
    """The file is not what the editor saw; nothing was written."""


def version_of(content: bytes) -> str:
    """Return a short fingerprint of a file's bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


def read(path: Path) -> tuple[str, str]:
    """Return a file's text exactly as it is (line ends too) and its version."""
    content = path.read_bytes()
    return content.decode("utf-8"), version_of(content)


def write(path: Path, text: str, expected: str | None = None) -> str:
    """Write ``text`` so that a crash leaves the old or the new file, never a part; returns the new version.

    Raises ChangedMeanwhile when the file's version is not ``expected``. An unchanged text writes nothing.
    """
    content = text.encode("utf-8")
    if expected is not None and (not path.exists() or version_of(path.read_bytes()) != expected):
        raise ChangedMeanwhile(path.name)
    if path.exists() and path.read_bytes() == content:
        return version_of(content)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return version_of(content)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
