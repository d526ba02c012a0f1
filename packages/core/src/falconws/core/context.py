"""`Context`: a place for the application's own data."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any, Self

__all__ = ("Context",)


class Context(MutableMapping[str, Any]):
    """Holds what an application wants to keep with a request, a response or a WebSocket.

    ``context.user = user`` and ``context["user"] = user`` are the same.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def __getitem__(self, name: str) -> Any:
        return self.__dict__[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def __delitem__(self, name: str) -> None:
        del self.__dict__[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def __len__(self) -> int:
        return len(self.__dict__)

    def pop(self, name: str, default: Any = None) -> Any:
        """Remove a name and give what it was, or the default if it was not there."""
        return self.__dict__.pop(name, default)

    def popitem(self) -> tuple[str, Any]:
        """Remove what was set last, and give its name and value."""
        return self.__dict__.popitem()

    def copy(self) -> Self:
        """Give a context of its own with the same data."""
        copied = type(self)()
        copied.__dict__.update(self.__dict__)
        return copied

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({fields})"
