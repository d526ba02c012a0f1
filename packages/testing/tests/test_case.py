"""unittest's test case with a client of an application."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any

import pytest

from falconws.core import App, Event, Receive, Scope, Send
from falconws.testing import ASGIConductor
from falconws.testing.case import AsyncTestCase, TestCase


class Hello:
    async def on_get(self, req: Any, resp: Any) -> None:
        resp.text = f"hello {req.get_header('X-Name', default='')}"


def application() -> App:
    app = App(extensions=())
    app.add_route("/", Hello())
    return app


def run(case: type[unittest.TestCase]) -> unittest.TestResult:
    """Run the tests of a class, as unittest does."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


def passed(case: type[unittest.TestCase], count: int) -> bool:
    result = run(case)
    assert result.errors + result.failures == []
    return result.testsRun == count


def test_a_test_case_is_a_client_of_its_application() -> None:
    class Case(TestCase):
        def setUp(self) -> None:
            super().setUp()
            self.app = application()

        def test_methods(self) -> None:
            assert self.simulate_get("/").text == "hello "
            assert self.get("/", headers={"X-Name": "ann"}).text == "hello ann"
            assert self.simulate_post("/").status_code == 405

        def test_requests(self) -> None:
            assert self.simulate_request("GET", "/").status_code == 200

    assert passed(Case, 2)


def test_the_application_is_an_empty_one_by_default_for_each_test() -> None:
    class Case(TestCase):
        def test_first(self) -> None:
            assert self.simulate_get("/").status_code == 404
            self.app.add_route("/", Hello())
            assert self.simulate_get("/").status_code == 200

        def test_second(self) -> None:
            self.test_first()

    assert passed(Case, 2)


def test_a_set_up_that_is_overridden_need_not_call_the_first() -> None:
    class Case(TestCase):
        def setUp(self) -> None:
            self.app = application()

        def test_it(self) -> None:
            assert self.simulate_get("/").status_code == 200

    assert passed(Case, 1)


def test_the_application_may_be_one_of_the_class() -> None:
    async def function(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204})
            await send({"type": "http.response.body"})

    class Case(TestCase):
        app = application()

        def test_it(self) -> None:
            assert self.simulate_get("/").status_code == 200
            assert self.app is Case.app

    class FunctionCase(TestCase):
        app = function

        def test_it(self) -> None:
            assert self.simulate_get("/").status_code == 204

    assert passed(Case, 1)
    assert passed(FunctionCase, 1)


def test_a_test_that_fails_is_told() -> None:
    class Case(TestCase):
        def test_it(self) -> None:
            assert self.simulate_get("/").status_code == 200

    assert len(run(Case).failures) == 1


def test_pytest_collects_those_derived_from_it_and_not_itself() -> None:
    class Case(TestCase):
        pass

    class Base(TestCase):
        __test__ = False

    class Derived(Base):
        pass

    assert not TestCase.__test__
    assert not AsyncTestCase.__test__
    assert Case.__test__
    assert not Base.__test__
    assert Derived.__test__


def test_the_set_up_of_another_base_is_called_too() -> None:
    class Base(unittest.TestCase):
        def __init_subclass__(cls, color: str = "", **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            cls.color = color

        color = ""
        was_set_up = False

        def setUp(self) -> None:
            self.was_set_up = True

    class Case(TestCase, Base, color="red"):
        def test_it(self) -> None:
            assert (self.color, self.was_set_up) == ("red", True)

    assert passed(Case, 1)


def test_a_case_without_a_test_is_made_as_one_of_unittest_is() -> None:
    class Case(TestCase):
        pass

    assert Case().id().endswith(".Case.runTest")


# Asynchronous tests.


def test_a_class_with_tests_that_would_not_be_run_is_refused() -> None:
    async def test_it(self: TestCase) -> None:
        pass

    async def helper(self: TestCase) -> None:
        pass

    with pytest.raises(
        TypeError, match=r"Case\.test_it is a coroutine .* AsyncTestCase"
    ):
        type("Case", (TestCase,), {"test_it": test_it})
    type("Case", (TestCase,), {"helper": helper, "test_it": lambda self: None})
    type("Case", (AsyncTestCase,), {"test_it": test_it})
    bases = (TestCase, unittest.IsolatedAsyncioTestCase)
    assert passed(type("Case", bases, {"test_it": test_it}), 1)


class Lifespan:
    def __init__(self) -> None:
        self.events: list[str] = []

    async def process_startup(self, scope: Scope, event: Event) -> None:
        self.events.append("startup")

    async def process_shutdown(self, scope: Scope, event: Event) -> None:
        self.events.append("shutdown")


def test_an_asynchronous_test_has_a_conductor_of_the_running_application() -> None:
    lifespan = Lifespan()

    class Case(AsyncTestCase):
        def setUp(self) -> None:
            super().setUp()
            self.app = App(extensions=(), middleware=lifespan)
            self.app.add_route("/", Hello())

        async def test_it(self) -> None:
            assert lifespan.events == ["startup"]
            assert isinstance(self.conductor, ASGIConductor)
            first, second = await asyncio.gather(
                self.conductor.simulate_get("/"), self.conductor.simulate_get("/")
            )
            assert (first.text, second.text) == ("hello ", "hello ")

    assert passed(Case, 1)
    assert lifespan.events == ["startup", "shutdown"]


def test_the_application_may_be_made_in_the_loop() -> None:
    class Case(AsyncTestCase):
        async def asyncSetUp(self) -> None:
            self.app = application()
            await super().asyncSetUp()

        async def test_it(self) -> None:
            result = await self.conductor.simulate_get("/")
            assert result.status_code == 200

    assert passed(Case, 1)


def test_the_asynchronous_set_up_of_another_base_is_called_too() -> None:
    class Base(unittest.IsolatedAsyncioTestCase):
        was_set_up = False

        async def asyncSetUp(self) -> None:
            self.was_set_up = True

    class Case(AsyncTestCase, Base):
        async def test_it(self) -> None:
            assert self.was_set_up

    assert passed(Case, 1)


def test_a_plain_request_in_an_asynchronous_test_is_told_of_the_conductor() -> None:
    class Case(AsyncTestCase):
        async def test_it(self) -> None:
            with pytest.raises(RuntimeError, match="running event loop"):
                self.simulate_get("/")

    assert passed(Case, 1)
