"""Forms over a real server: files that arrive, and clients that leave in the middle of one."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import PATIENCE

from .clients import connection, retried
from .conftest import Measured, Start
from .serving import HTTP_SERVERS, Served, serving

APPLICATION = """
import asyncio
import gc
import hashlib
from pathlib import Path

from falconws.core import App

folder = Path("uploads")
folder.mkdir()


def digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Upload:
    async def on_post(self, req, resp, name):
        files, fields = [], []
        try:
            async for part in await req.get_media():
                if part.filename is None:
                    fields.append([part.name, await part.get_text()])
                else:
                    path = folder / f"{name}-{part.secure_filename}"
                    size = await part.save(path)
                    told = await asyncio.to_thread(digest, path)
                    files.append([part.name, part.filename, path.name, size, told])
        except Exception as exc:
            print(f"{name} ended by {type(exc).__name__}", flush=True)
            raise
        resp.media = {"files": files, "fields": fields}


class State:
    async def on_get(self, req, resp):
        gc.collect()
        status = open("/proc/self/status").read().split()
        resp.media = {
            "rss": int(status[status.index("VmRSS:") + 1]) / 1024,
            "peak": int(status[status.index("VmHWM:") + 1]) / 1024,
        }


class Fields:
    async def on_post(self, req, resp):
        resp.media = await req.get_media()


app = App()
options = app.req_options.media_handlers["multipart/form-data"].parse_options
options.max_body_size = LIMIT
app.add_route("/uploads/{name}", Upload())
app.add_route("/state", State())
app.add_route("/fields", Fields())
"""
MIB = 2**20
LIMIT = 24 * MIB

HEAD = (
    b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\nfield\r\n"
    b"--B\r\nContent-Disposition: form-data; name=f; filename=f.bin\r\n\r\n"
)
END = b"\r\n--B--\r\n"


@pytest.fixture(scope="module", params=HTTP_SERVERS)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("uploads")
    source = APPLICATION.replace("LIMIT", str(LIMIT))
    with serving(source, folder, request.param) as served:
        yield served


def uploads(served: Served) -> dict[str, int]:
    """Give the files that are there, and their sizes."""
    folder = served.source.parent / "uploads"
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def request(served: Served, name: str, *headers: str) -> bytes:
    """Begin a request with a form."""
    lines = [
        f"POST /uploads/{name} HTTP/1.1",
        f"Host: 127.0.0.1:{served.port}",
        "Content-Type: multipart/form-data; boundary=B",
        *headers,
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


async def response(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    """Read a response of JSON; give its status and its object."""
    async with asyncio.timeout(PATIENCE):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = head.partition("content-length:")[2].split()[0]
        media = json.loads(await reader.readexactly(int(length)))
    return int(head.split()[1]), media


async def test_a_file_and_fields_arrive_as_they_were_sent(served: Served) -> None:
    content = random.Random(0).randbytes(20 * MIB)
    fields = {"größe": "groß", 'say "日本"': "こんにちは\r\n", "empty": ""}

    async def attempt() -> httpx.Response:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            return await client.post(
                f"{served.url}/uploads/whole",
                data=fields,
                files={"file": ("Zoë/1.bin", content, "application/octet-stream")},
            )

    answer = await retried(attempt)
    assert answer.status_code == 200
    digest = hashlib.sha256(content).hexdigest()
    saved = "whole-Zoe__1.bin"
    assert answer.json() == {
        "fields": [list(field) for field in fields.items()],
        "files": [["file", "Zoë/1.bin", saved, len(content), digest]],
    }
    path = served.source.parent / "uploads" / saved
    assert path.read_bytes() == content
    path.unlink()


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
async def test_nothing_is_left_of_a_file_whose_client_leaves(
    chunked: bool, served: Served
) -> None:
    name = "chunked" if chunked else "length"
    piece = HEAD + bytes(3 * MIB)
    async with connection(served.port) as (_, writer):
        if chunked:
            writer.write(request(served, name, "Transfer-Encoding: chunked"))
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        else:
            writer.write(request(served, name, f"Content-Length: {20 * MIB}"))
            writer.write(piece)
        async with asyncio.timeout(PATIENCE):
            # It is on its way to the disk: the file is there, with the first block in it.
            while not uploads(served).get(f"{name}-f.bin"):
                await answered(served)
    words = f"{name} ended by (.*)"
    said = await asyncio.to_thread(served.server.wait_for, words)
    assert said[1] == "ClientDisconnected"
    assert f"{name}-f.bin" not in uploads(served)
    assert "Traceback" not in served.server.output
    await answered(served)


async def answered(served: Served) -> None:
    """See that the server answers a URL-encoded form."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        data = {"größe": "groß & 1+1", "many": ["é", "日本"], "empty": ""}
        answer = await client.post(f"{served.url}/fields", data=data)
    assert (answer.status_code, answer.json()) == (200, data)


async def test_a_url_encoded_form_arrives_as_it_was_sent(served: Served) -> None:
    await retried(lambda: answered(served))


async def test_a_form_that_says_that_it_is_too_large_is_not_read(
    served: Served,
) -> None:
    async with connection(served.port) as (reader, writer):
        writer.write(request(served, "large", f"Content-Length: {LIMIT + 1}"))
        status, media = await response(reader)  # before anything of the form
    assert (status, media["title"]) == (413, "413 Content Too Large")
    assert str(LIMIT) in media["description"]
    assert not any(name.startswith("large") for name in uploads(served))


async def test_a_form_that_grows_too_large_is_read_up_to_its_limit(
    served: Served,
) -> None:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(request(served, "growing", "Transfer-Encoding: chunked"))
        for piece in (HEAD, *[bytes(MIB)] * (LIMIT // MIB)):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()

    async with connection(served.port) as (reader, writer):
        async with asyncio.timeout(PATIENCE):
            await send(writer)
        status, media = await response(reader)  # The form has not ended.
    assert (status, media["title"]) == (413, "413 Content Too Large")
    assert str(LIMIT) in media["description"]
    assert not any(name.startswith("growing") for name in uploads(served))
    await asyncio.to_thread(served.server.wait_for, "growing ended by HTTPContent")
    await answered(served)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="Memory is read from Linux' /proc."
)
async def test_a_large_file_takes_little_memory(
    start: Start, measured: Measured
) -> None:
    served = start(APPLICATION.replace("LIMIT", "None"), "uvicorn")
    size = 256 * MIB

    async def state() -> dict[str, float]:
        async with httpx.AsyncClient() as client:
            answer = await retried(lambda: client.get(f"{served.url}/state"))
            found: dict[str, float] = answer.json()
            return found

    async def upload(size: int) -> None:
        async with connection(served.port) as (reader, writer):
            length = len(HEAD) + size + len(END)
            writer.write(request(served, "huge", f"Content-Length: {length}") + HEAD)
            block = bytes(MIB)
            async with asyncio.timeout(PATIENCE):
                for _ in range(size // MIB):
                    writer.write(block)
                    await writer.drain()
            writer.write(END)
            status, media = await response(reader)
        assert (status, media["files"][0][3]) == (200, size)
        (served.source.parent / "uploads" / "huge-f.bin").unlink()

    await upload(MIB)  # what is made once is made
    before = await state()
    await upload(size)
    growth = (await state())["peak"] - before["rss"]
    measured("memory for an upload of 256 MiB", served.name, growth, 8, "MiB")
