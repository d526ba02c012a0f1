"""Static files: a directory served below a path prefix."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ..errors import HTTPMethodNotAllowed, HTTPNotFound

if TYPE_CHECKING:
    from ..request import Request
    from ..response import Response

__all__ = ("StaticRoute",)

# Control characters, what stands for undecodable bytes, and what a file name cannot have or
# means something else by on one system or another: whoever sends these is not after a page.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\ufffd\\<>:"|?*~]')
_MAX_LENGTH = 512

# A file of up to this many bytes is read where it is opened, without a second thread hop.
_READ_AT_ONCE = 64 * 1024


class _File:
    """An open file, read by awaiting."""

    __slots__ = ("_file",)

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    async def read(self, size: int) -> bytes:
        return await asyncio.to_thread(self._file.read, size)

    async def close(self) -> None:
        await asyncio.to_thread(self._file.close)


class StaticRoute:
    """Serves the files of a directory to GET and HEAD.

    A path that leaves the directory, by dots or through a symbolic link, is not found.
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

    def match(self, path: str) -> bool:
        """Say whether the route is responsible for a path."""
        if path.startswith(self.prefix):
            return True
        return self.fallback is not None and path == self.prefix[:-1]

    async def __call__(self, req: Request, resp: Response) -> None:
        """Answer a request.

        Raises:
            HTTPMethodNotAllowed: The method is neither GET nor HEAD nor OPTIONS.
            HTTPNotFound: There is no such file, or it is not to be served.
        """
        if req.method == "OPTIONS":
            resp.set_header("Allow", "GET, HEAD")
            return
        if req.method not in ("GET", "HEAD"):
            raise HTTPMethodNotAllowed(["GET", "HEAD", "OPTIONS"])
        name = req.path[len(self.prefix) :]
        path, file, size = await asyncio.to_thread(self._open, name)
        media_type = resp.options.static_media_types.get(path.suffix.lower())
        resp.content_type = media_type or "application/octet-stream"
        if self.downloadable:
            resp.set_header(
                "Content-Disposition", f'attachment; filename="{_ascii(path.name)}"'
            )
        if isinstance(file, bytes):
            resp.data = file
        else:
            resp.set_stream(_File(file), size)

    def _open(self, name: str) -> tuple[Path, IO[bytes] | bytes, int]:
        """Open a file, and read it if it is small. This is called in a thread."""
        path = self._locate(name)
        if path is None:
            path = self.fallback
        if path is None:
            raise HTTPNotFound()
        try:
            file = path.open("rb")
        except OSError as exc:  # no permission, or gone in this moment
            raise HTTPNotFound() from exc
        size = os.fstat(file.fileno()).st_size
        if size > _READ_AT_ONCE:
            return path, file, size
        with file:
            return path, file.read(), size

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
        try:
            path = (self.directory / name).resolve()
            if not path.is_relative_to(self.directory):  # by a symbolic link
                raise HTTPNotFound()
            # Opening a FIFO would wait for its writer: what it is has to be known before.
            return path if path.is_file() and not name.endswith("/") else None
        except (
            OSError,
            RuntimeError,
        ) as exc:  # a name that is too long, a loop of links
            raise HTTPNotFound() from exc


def _is_device(segment: str) -> bool:
    """Say whether Windows takes a name for a device, such as ``NUL.txt``."""
    stem = segment.partition(".")[0].upper()
    return stem in ("CON", "PRN", "AUX", "NUL") or (
        len(stem) == 4 and stem[:3] in ("COM", "LPT") and stem[3].isdigit()
    )


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
