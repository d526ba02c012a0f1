"""Static files: a directory served below a path prefix."""

from __future__ import annotations

import asyncio
import os
import re
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import (
    HTTPMethodNotAllowed,
    HTTPNotFound,
    HTTPPreconditionFailed,
    HTTPRangeNotSatisfiable,
)
from ..filenames import content_disposition
from ..response.stream import FileStream
from ._conditions import choose_response

if TYPE_CHECKING:
    from ..request import Request
    from ..response import Response

__all__ = ("StaticRoute",)

# Control characters, what stands for undecodable bytes, and what a file name cannot have or
# means something else by on one system or another: whoever sends these is not after a page.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd\\<>:"|?*~]')
_MAX_LENGTH = 512
# What Windows takes for a device whatever the ending, as in ``NUL.txt``.
_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [port + digit for port in ("COM", "LPT") for digit in "0123456789¹²³"]
)

# As much of a file is read where it is opened, without a second change of threads.
_READ_AT_ONCE = 64 * 1024


class _Opened(NamedTuple):
    """What the thread that opened a file has to tell about it."""

    name: str
    size: int
    etag: str
    modified: datetime
    status: int
    part: range
    body: bytes | FileStream | None


class StaticRoute:
    """Serves the files of a directory to GET and HEAD, whole or in part.

    A path that leaves the directory, by dots or through a symbolic link, is not found.

    Attributes:
        prefix: The path that the directory is at, with a slash at its end.
        directory: Where the files are, as an absolute path.
        downloadable: Whether browsers save the files instead of showing them.
        fallback: The file for a path that has none, as an absolute path; None for a 404.
    """

    def __init__(
        self,
        prefix: str,
        directory: str | os.PathLike[str],
        downloadable: bool = False,
        fallback_filename: str | None = None,
    ) -> None:
        """Check the arguments; they are those of `App.add_static_route`."""
        if not prefix.startswith("/"):
            raise ValueError(
                f"The prefix {prefix!r} of a static route must begin with a slash."
            )
        self.prefix = prefix if prefix.endswith("/") else f"{prefix}/"
        self.directory = Path(directory).resolve()
        if not self.directory.is_dir():
            raise ValueError(
                f"There is no directory {str(self.directory)!r} to serve files from."
            )
        self.downloadable = downloadable
        self.fallback: Path | None = None
        if fallback_filename is not None:
            self.fallback = self.directory / fallback_filename
            if not self.fallback.is_file():
                raise ValueError(f"There is no fallback file {str(self.fallback)!r}.")

    def __repr__(self) -> str:
        fallback = f", or {str(self.fallback)!r}" if self.fallback else ""
        saved = ", to be saved" if self.downloadable else ""
        return (
            f"<{type(self).__name__}: {self.prefix!r} from {str(self.directory)!r}"
            f"{fallback}{saved}>"
        )

    def match(self, path: str) -> dict[str, Any] | None:
        """Give an empty dictionary if the route is responsible for a path, or None."""
        if path.startswith(self.prefix):
            return {}
        at_prefix = self.fallback is not None and path == self.prefix[:-1]
        return {} if at_prefix else None

    async def __call__(self, req: Request, resp: Response) -> None:
        """Answer a request, by its conditions and its Range (RFC 9110, 13 and 14).

        Of several ranges none is followed: such a request gets the whole file.

        Raises:
            HTTPMethodNotAllowed: The method is neither GET nor HEAD nor OPTIONS.
            HTTPNotFound: There is no such file, or it is not to be served.
            HTTPPreconditionFailed: The file is not in the state that the client wants.
            HTTPRangeNotSatisfiable: The range is beyond the file's end.
        """
        if req.method == "OPTIONS":
            resp.set_header("Allow", "GET, HEAD")
            return
        if req.method not in ("GET", "HEAD"):
            raise HTTPMethodNotAllowed(["GET", "HEAD", "OPTIONS"])
        stream = FileStream()
        try:
            opened = await asyncio.to_thread(self._open, req, stream)
        except BaseException:  # A cancellation, too, does not stop the thread.
            await stream.close()
            raise
        if isinstance(opened.body, bytes):
            resp.data = opened.body
        else:
            resp.stream = opened.body
        self._describe(resp, opened)

    def _describe(self, resp: Response, opened: _Opened) -> None:
        """Set the status and the headers.

        Raises:
            HTTPPreconditionFailed: The file is not in the state that the client wants.
            HTTPRangeNotSatisfiable: The range is beyond the file's end.
        """
        resp.etag = opened.etag
        resp.last_modified = opened.modified
        if opened.status == 412:
            raise HTTPPreconditionFailed()
        if opened.status == 416:
            raise HTTPRangeNotSatisfiable(opened.size)
        resp.status = opened.status
        if opened.status == 304:
            return
        suffix = os.path.splitext(opened.name)[1].lower()
        media_type = resp.options.static_media_types.get(suffix)
        resp.content_type = media_type or "application/octet-stream"
        resp.content_length = str(len(opened.part))
        resp.set_header("Accept-Ranges", "bytes")
        if self.downloadable:
            disposition = content_disposition("attachment", opened.name)
            resp.set_header("Content-Disposition", disposition)
        if opened.status == 206:
            first, last = opened.part[0], opened.part[-1]
            resp.set_header("Content-Range", f"bytes {first}-{last}/{opened.size}")

    # What happens in a thread.

    def _open(self, req: Request, stream: FileStream) -> _Opened:
        """Open the file of a request, read it if it is small, or give it to the stream.

        Raises:
            HTTPNotFound: There is no such file, or it is not to be served.
        """
        path = self._locate(req.path[len(self.prefix) :]) or self.fallback
        if path is None:
            raise HTTPNotFound()
        with ExitStack() as stack:
            try:
                file = stack.enter_context(path.open("rb"))
            except OSError as exc:  # no permission, or gone in this moment
                raise HTTPNotFound() from exc
            stat = os.fstat(file.fileno())
            etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
            # RFC 9110, 8.8.2.1: a time in the future must not be told.
            seconds = int(min(stat.st_mtime, time.time()))
            modified = datetime.fromtimestamp(seconds, UTC)
            status, part = choose_response(req, etag, modified, stat.st_size)
            body: bytes | FileStream | None = None
            if status in (200, 206) and req.method == "GET":
                file.seek(part.start)
                if len(part) <= _READ_AT_ONCE:
                    body = file.read(len(part))
                else:
                    stream.take(file, len(part), str(path) if status == 200 else None)
                    stack.pop_all()
                    body = stream
        return _Opened(path.name, stat.st_size, etag, modified, status, part, body)

    def _locate(self, name: str) -> Path | None:
        """Give the file of a path below the prefix; None if there is none.

        Raises:
            HTTPNotFound: The path is one that is not followed, whatever is there.
        """
        if not name:
            return None
        if len(name) > _MAX_LENGTH or _FORBIDDEN.search(name):
            raise HTTPNotFound()
        for segment in name.removesuffix("/").split("/"):
            # Windows ignores dots and spaces at a name's end, and so would open another file.
            if not segment or segment.endswith((".", " ")) or _is_device(segment):
                raise HTTPNotFound()
        path = self.directory / name
        try:
            if not path.resolve().is_relative_to(self.directory):  # by a symbolic link
                raise HTTPNotFound()
            # Opening a FIFO would wait for its writer: what it is has to be known before.
            return path if path.is_file() and not name.endswith("/") else None
        except (
            OSError,
            RuntimeError,
        ) as exc:  # a name that is too long, a loop of links
            raise HTTPNotFound() from exc


def _is_device(segment: str) -> bool:
    return segment.partition(".")[0].rstrip(" ").upper() in _DEVICES
