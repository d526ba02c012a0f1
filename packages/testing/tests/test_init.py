"""What `falconws.testing` exports."""

from __future__ import annotations

import falconws.testing


def test_the_package_exports_its_public_names_and_no_others() -> None:
    assert set(falconws.testing.__all__) == {
        "ASGIConductor",
        "ASGILifespanEventEmitter",
        "ASGIProtocolError",
        "ASGIRequestEventEmitter",
        "ASGIResponseEventCollector",
        "ASGIWebSocketSimulator",
        "AsyncTestCase",
        "BlockingStreamedResult",
        "Clock",
        "Cookie",
        "CookieJar",
        "DEFAULT_HOST",
        "DEFAULT_TIMEOUT",
        "DEFAULT_UA",
        "HandshakeArguments",
        "LiveServer",
        "RequestArguments",
        "ResourceHolder",
        "Result",
        "ResultBase",
        "SimpleTestResource",
        "SimpleTestResourceAsync",
        "StreamedResult",
        "TestCase",
        "TestClient",
        "WebSocketDisconnected",
        "WebSocketHandlerNotFound",
        "WebSocketPathNotFound",
        "WebSocketServerError",
        "WebSocketSimulator",
        "assert_no_leaks",
        "capture_responder_args",
        "capture_responder_args_async",
        "clock",
        "create_asgi_req",
        "create_scope",
        "create_scope_ws",
        "set_resp_defaults",
        "set_resp_defaults_async",
        "simulate_delete",
        "simulate_get",
        "simulate_head",
        "simulate_options",
        "simulate_patch",
        "simulate_post",
        "simulate_put",
        "simulate_request",
    }
    assert all(hasattr(falconws.testing, n) for n in falconws.testing.__all__)
