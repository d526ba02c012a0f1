"""`TestCase` and `AsyncTestCase`: unittest's, with a client of the application."""

from __future__ import annotations

import inspect
import unittest
from typing import Any, ClassVar

from falconws.core import App

from .client import TestClient
from .conductor import ASGIConductor

__all__ = ("AsyncTestCase", "TestCase")


class TestCase(unittest.TestCase, TestClient):
    """A test case that is a `TestClient` as well: ``self.simulate_get("/")``.

    Attributes:
        app: The application to test. Set it in ``setUp``, or in the class if one will do for
            all tests; it is an empty `App` by default.

    A class with ``async def test_...`` is a TypeError: those are for `AsyncTestCase`.
    """

    # pytest: this is no class of tests; see __init_subclass__ for those derived from it.
    __test__: ClassVar[bool] = False
    app: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__test__" not in vars(cls):
            cls.__test__ = True
        if issubclass(cls, unittest.IsolatedAsyncioTestCase):
            return
        for name, method in vars(cls).items():
            if name.startswith("test") and inspect.iscoroutinefunction(method):
                raise TypeError(
                    f"{cls.__name__}.{name} is a coroutine function, which unittest would pass "
                    "without running it; derive the class from AsyncTestCase."
                )

    def __init__(self, methodName: str = "runTest") -> None:
        """Prepare a test; unittest does that.

        Args:
            methodName: The name of the test's method.
        """
        super().__init__(methodName)
        # Here, and not in setUp: one that is overridden need not call this class's. Looked up
        # in the class, as a function would become a method of the instance.
        TestClient.__init__(self, type(self).app)

    def setUp(self) -> None:
        """Make an empty application, if there is no other."""
        super().setUp()
        if self.app is None:
            self.app = App()


class AsyncTestCase(TestCase, unittest.IsolatedAsyncioTestCase):
    """A test case for ``async def test_...``, with the application started up for each test.

    Requests are coroutines of ``self.conductor``, such as
    ``await self.conductor.simulate_get("/")``.

    Attributes:
        conductor: A client of ``app`` in the event loop of the test. It is made after
            ``setUp``, in ``asyncSetUp``: set ``app`` before that one.
    """

    __test__: ClassVar[bool] = False
    conductor: ASGIConductor

    async def asyncSetUp(self) -> None:
        """Start the application up; it is shut down after the test."""
        await super().asyncSetUp()
        self.conductor = await self.enterAsyncContext(ASGIConductor(self.app))
