"""`LiveServer`: an application behind a real server, for clients that need a socket."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future, wait
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from falconws.core import App, Event, OperationNotAllowed, Receive, Scope, Send

from .bounded import DEFAULT_TIMEOUT
from .stacks import describe
from .threads import stack_of_thread

if TYPE_CHECKING:
    import uvicorn

__all__ = ("LiveServer",)

_HOST = "127.0.0.1"


class LiveServer:
    """Serves an application with uvicorn, on a free port, in a thread of this process.

    The application is the very object that a test has at hand, so what the test sets in it is
    seen by it. It runs on an event loop of its own: what the test shares with it has to be
    fit for threads.

    ``with LiveServer(app) as server`` starts it and stops it; in a coroutine that is
    ``async with``, so that the test's own event loop goes on meanwhile.

    Attributes:
        app: The ASGI application.
        port: The port that it listens on; it is chosen by `start`.
    """

    def __init__(self, app: Any, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Choose an application.

        Args:
            app: An ASGI application.
            timeout: Seconds that its start-up may take, and what it has open at the end.
        """
        self.app = app
        self._timeout = timeout
        self._port: int | None = None
        self._run: _Run | None = None

    @property
    def port(self) -> int:
        if self._port is None:
            raise OperationNotAllowed(
                "The server was not started; call start(), or use `with`."
            )
        return self._port

    @property
    def url(self) -> str:
        """Where it is: ``http://127.0.0.1:PORT``."""
        return f"http://{_HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Where it is for WebSockets: ``ws://127.0.0.1:PORT``."""
        return f"ws://{_HOST}:{self.port}"

    def __enter__(self) -> LiveServer:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        except Exception as stopping:
            if exc is None:
                raise
            exc.add_note(f"The server did not stop well, either: {stopping}")

    async def __aenter__(self) -> LiveServer:
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread goes on all the same, and nobody would stop what it has started.
            await asyncio.wait({starting})
            await asyncio.to_thread(self.stop)
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.__exit__, exc_type, exc, tb)

    def start(self) -> None:
        """Start the application up, and listen.

        Raises:
            ModuleNotFoundError: uvicorn is not installed.
            OperationNotAllowed: The server is running.
            RuntimeError: The application said that it cannot start.
            TimeoutError: It did not start in time.
        """
        if self._run is not None:
            raise OperationNotAllowed(
                "The server is running; make another, or stop() it."
            )
        run = _Run(self.app, self._timeout)
        run.start()
        self._port = run.port
        self._run = run

    def stop(self) -> None:
        """Stop it as SIGTERM would; nothing happens if it is not running.

        Of an App of falconws the connections are drained, with its own ``drain_grace``.

        Raises:
            RuntimeError: The application said that its shutdown failed.
            TimeoutError: What it has open did not end in time. It is cancelled.
        """
        run, self._run = self._run, None
        if run is not None:
            run.stop()


class _Run:
    """One run of a server; `start` and `stop` are called from outside of its thread."""

    def __init__(self, app: Any, timeout: float) -> None:
        self._app = app
        self._timeout = timeout
        # Loaded here, and not in the thread: what is missing is the caller's to hear of.
        self._config = _config(self._watched)
        self._listening = socket.socket()
        self._listening.bind((_HOST, 0))
        self.port: int = self._listening.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._started: Future[None] = Future()
        self._ended: Future[None] = Future()
        # What the application said, if its start-up or its shutdown failed.
        self._failure: str | None = None
        self._thread = threading.Thread(
            target=self._serve, name=f"LiveServer on port {self.port}", daemon=True
        )

    def start(self) -> None:
        """Serve; return when requests are taken."""
        self._thread.start()
        try:
            self._result(self._started, "start")
        except BaseException:
            self._halt()  # or what comes up too late would stay
            self._thread.join(self._timeout)
            raise

    def stop(self) -> None:
        """Stop serving; return when nothing of it is left."""
        self._halt()
        self._result(self._ended, "stop")
        self._thread.join(self._timeout)

    def _halt(self) -> None:
        with suppress(RuntimeError):  # it is over, and its loop is closed
            self._loop.call_soon_threadsafe(self._stopping.set)

    def _result(self, future: Future[None], what: str) -> None:
        # Every wait in the thread has a bound, and there are three of them at most. It takes
        # longer only if something there does not let the others have their turn.
        seconds = 3 * self._timeout
        wait({future}, seconds)
        if not future.done():
            raise TimeoutError(
                f"The server did not {what} within {seconds:g} s, as something keeps its "
                f"event loop busy, or does not let itself be cancelled. Its thread is here:\n"
                f"{stack_of_thread(self._thread)}"
            )
        future.result()

    # In the thread.

    def _serve(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._main())
        except BaseException as exc:
            self._ended.set_exception(exc)
        else:
            self._ended.set_result(None)
        finally:
            self._listening.close()

    async def _main(self) -> None:
        server, up = _server(self._config)
        serving = self._loop.create_task(server.serve([self._listening]))
        try:
            await self._come_up(serving, up)
        except Exception as exc:
            self._started.set_exception(exc)
            return
        self._started.set_result(None)
        stopping = self._loop.create_task(self._stopping.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await self._go_down(server, serving)

    async def _come_up(
        self, serving: asyncio.Task[None], up: asyncio.Future[None]
    ) -> None:
        done, _ = await asyncio.wait(
            {serving, up}, timeout=self._timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            raise TimeoutError(
                f"The application did not complete its startup within {self._timeout:g} s.\n"
                f"{_places({serving})}"
            )
        if self._failure is not None:
            raise RuntimeError(f"The application's startup failed: {self._failure}")
        if serving in done:
            serving.result()

    async def _go_down(
        self, server: uvicorn.Server, serving: asyncio.Task[None]
    ) -> None:
        ending = asyncio.create_task(self._end(server, serving), name="stop")
        done, _ = await asyncio.wait({ending}, timeout=self._timeout)
        if not done:
            # It waits for the server, or it is still in the application's own drain.
            is_waiting = server.should_exit
            places = _places({serving, ending} if is_waiting else {serving})
            ending.cancel()
            # As uvicorn does behind a grace of its own; it shuts the application down then.
            for task in server.server_state.tasks:
                task.cancel()
            server.should_exit = True
            await asyncio.wait({serving}, timeout=self._timeout)
            raise TimeoutError(
                f"The server did not stop within {self._timeout:g} s, because of:\n{places}"
            )
        ending.result()
        if self._failure is not None:
            raise RuntimeError(f"The application's shutdown failed: {self._failure}")

    async def _end(self, server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
        if isinstance(self._app, App):
            # A signal does that in a program of its own, but signals come to no thread.
            await self._app.drain()
        server.should_exit = True
        await asyncio.wait({serving})  # whose fate is not that of who waits for it
        serving.result()
        if isinstance(self._app, App):
            self._app.connections.reset()  # it may be used again, without a start-up too

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be the application, and note what uvicorn would only log."""

        async def noting(event: Event) -> None:
            if event["type"] in ("lifespan.startup.failed", "lifespan.shutdown.failed"):
                self._failure = event.get("message", "")
            await send(event)

        is_lifespan = scope["type"] == "lifespan"
        await self._app(scope, receive, noting if is_lifespan else send)


def _config(app: Any) -> uvicorn.Config:
    try:
        import uvicorn
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "LiveServer serves with uvicorn, which is not installed: "
            "pip install 'falconws-testing[pytest]'.",
            name="uvicorn",
        ) from None
    # Logging is the test's own. What a request says is what the application sees: a header
    # such as X-Forwarded-For changes nothing else of it.
    config = uvicorn.Config(
        app, log_config=None, interface="asgi3", proxy_headers=False
    )
    config.load()
    return config


def _server(config: uvicorn.Config) -> tuple[uvicorn.Server, asyncio.Future[None]]:
    """Make a server, and what is done when it takes requests."""
    import uvicorn

    up = asyncio.get_running_loop().create_future()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            # It would end the process.
            with suppress(SystemExit):
                await super().startup(sockets)
            up.set_result(None)

    return Server(config), up


def _places(own: set[asyncio.Task[None]]) -> str:
    """Show where all tasks are, but those of the server itself."""
    tasks = asyncio.all_tasks() - own - {asyncio.current_task()}
    return "\n".join(describe(task, f"The task {task.get_name()!r}") for task in tasks)
