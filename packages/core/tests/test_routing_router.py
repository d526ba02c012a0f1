from typing import Any

import pytest

from falconws.core import (
    BaseConverter,
    CompiledRouter,
    SuffixedMethodNotFoundError,
    UnacceptableRouteError,
)


class Resource:
    async def on_get(self) -> None: ...

    async def on_get_list(self) -> None: ...

    async def on_websocket(self) -> None: ...


def test_a_path_gives_the_resource_its_responders_the_values_and_the_template() -> None:
    router, resource = CompiledRouter(), Resource()
    router.add_route("/rooms/{room}", resource)
    assert router.find("/rooms/7") == (
        resource,
        {"GET": resource.on_get, "WEBSOCKET": resource.on_websocket},
        {"room": "7"},
        "/rooms/{room}",
    )
    assert router.find("/rooms") is None


def test_a_path_without_fields_is_found_exactly() -> None:
    router = CompiledRouter()
    for template in ("/", "/a", "/a/b", "/a/b/"):
        router.add_route(template, Resource())
    for template in ("/", "/a", "/a/b", "/a/b/"):
        found = router.find(template)
        assert found is not None
        assert (found[2], found[3]) == ({}, template)
    for path in ("/a/", "/b", "/a/b/c", "/A"):
        assert router.find(path) is None


@pytest.mark.parametrize("template", ["/rooms", "/rooms/{room}"])
def test_the_same_template_again_replaces_the_route(template: str) -> None:
    router, second = CompiledRouter(), Resource()
    router.add_route(template, Resource())
    router.add_route(template, second)
    found = router.find(template)
    assert found is not None
    assert found[0] is second


def test_a_suffix_chooses_among_a_resources_responders() -> None:
    router, resource = CompiledRouter(), Resource()
    router.add_route("/rooms", resource, suffix="list", unknown="for other routers")
    found = router.find("/rooms")
    assert found is not None
    assert found[1] == {"GET": resource.on_get_list}
    with pytest.raises(SuffixedMethodNotFoundError):
        router.add_route("/rooms/{room}", resource, suffix="item")
    assert router.find("/rooms/7") is None


def test_a_subclass_may_map_responders_differently() -> None:
    class Renaming(CompiledRouter):
        def map_http_methods(
            self, resource: Any, *, suffix: str | None = None, **kwargs: Any
        ) -> dict[str, Any]:
            found = super().map_http_methods(resource, suffix=suffix, **kwargs)
            return {kwargs["method"]: found["GET"]}

    router, resource = Renaming(), Resource()
    router.add_route("/rooms", resource, suffix="list", method="POST")
    found = router.find("/rooms")
    assert found is not None
    assert found[1] == {"POST": resource.on_get_list}


def test_a_router_looks_for_the_responders_that_it_is_told_of() -> None:
    router, resource = CompiledRouter({"GET": "on_get"}), Resource()
    router.add_route("/", resource)
    found = router.find("/")
    assert found is not None
    assert found[1] == {"GET": resource.on_get}


def test_converters_may_be_added() -> None:
    class Upper(BaseConverter):
        def convert(self, value: str) -> str:
            return value.upper()

    router = CompiledRouter()
    with pytest.raises(UnacceptableRouteError, match="'upper'"):
        router.add_route("/{a:upper}", Resource())
    router.options.converters["upper"] = Upper
    router.add_route("/{a:upper}", Resource())
    found = router.find("/x")
    assert found is not None
    assert found[2] == {"a": "X"}
