"""Tickets: tokens for one handshake, which may stand where a password may not.

A page asks for one over HTTP, where it is authenticated by whatever means, and opens its
WebSocket with it. They need an extra: ``pip install falconws-ws[auth]``.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Protocol

from .socket import WebSocket

__all__ = ("MemoryUsedTickets", "Tickets", "UsedTickets")

# In bytes: 128 bits are more than anyone can try.
_LEAST_SECRET = 16

# SHA-256 gives 256 bits, and 43 characters have 258. The last two are not read (RFC 4648, 3.5):
# only the character is taken that has zeros there, so that no other text is the same ticket.
_TICKET = re.compile(r"[A-Za-z0-9_.-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class UsedTickets(Protocol):
    """Remembers which tickets were redeemed."""

    async def add(self, nonce: str, seconds: int) -> bool:
        """Remember a ticket, in one step with looking whether it is remembered.

        Args:
            nonce: What tells it from all others.
            seconds: How long to remember it; from then on it is too old anyway.

        Returns:
            Whether it was new.
        """
        ...


class MemoryUsedTickets:
    """Remembers them in the memory of one process, those of ``max_age`` seconds at the most.

    With several processes a ticket would be good once in each: share what remembers them.
    """

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()

    async def add(self, nonce: str, seconds: int) -> bool:
        """Remember a ticket, and say whether it was new."""
        # By the clock that the age of a ticket is told by: if that is set back, a ticket
        # becomes good again, and is remembered for as much longer.
        now = time.time()
        until = self._until
        while until and next(iter(until.values())) <= now:
            until.popitem(last=False)
        if nonce in until:
            return False
        until[nonce] = now + seconds
        return True


class Tickets:
    """Issues tickets, and redeems each of them once.

    A ticket is signed and not encrypted: whoever has it can read its subject. ``tickets.verify``
    is for an `Authenticator`::

        tickets = Tickets(secret)
        authenticate = Authenticator(tickets.verify, Query("ticket"))
    """

    def __init__(
        self,
        secret: str | bytes | Iterable[str | bytes],
        *,
        max_age: int = 30,
        salt: str = "falconws.ws.tickets",
        used: UsedTickets | None = None,
    ) -> None:
        """Set the secret.

        Args:
            secret: At least 16 bytes that nobody can guess. Several to change it while tickets
                are out: the last signs, and each is good.
            max_age: Seconds that a ticket is good for, from 1. As they are counted whole, it
                may be one more. Machines that redeem each other's tickets need clocks that
                agree, as one from the future is refused.
            salt: Keeps the tickets of one purpose from being redeemed for another. It is no
                secret.
            used: Remembers which were redeemed; None for a `MemoryUsedTickets`, which is for
                a single process.

        Raises:
            ValueError: A secret is too short, there is none, or `max_age` is below 1.
            RuntimeError: itsdangerous is not installed.
        """
        given = [secret] if isinstance(secret, str | bytes) else secret
        keys = [key.encode() if isinstance(key, str) else key for key in given]
        if not keys or min(map(len, keys)) < _LEAST_SECRET:
            raise ValueError(
                f"A secret has at least {_LEAST_SECRET} bytes. This makes one: "
                'python -c "import secrets; print(secrets.token_hex(32))".'
            )
        if max_age < 1:
            raise ValueError(f"max_age is at least 1 second, not {max_age}.")
        itsdangerous = _itsdangerous()
        signing = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        self._serializer = itsdangerous.URLSafeTimedSerializer(
            keys, salt, signer_kwargs=signing
        )
        self._bad = itsdangerous.BadData
        self._max_age = max_age
        self._used = MemoryUsedTickets() if used is None else used

    def issue(self, subject: object) -> str:
        """Make a ticket, of letters, digits, ``-``, ``_`` and dots.

        Args:
            subject: Whom or what it is for: any JSON value but None.

        Raises:
            ValueError: It is None, which means a refusal where tickets are verified, or text
                that cannot be encoded.
            TypeError: JSON has no form for it.
        """
        if subject is None:
            raise ValueError("A ticket is for somebody; its subject is not None.")
        ticket: str = self._serializer.dumps([secrets.token_urlsafe(16), subject])
        return ticket

    async def redeem(self, ticket: str) -> Any:
        """Give the subject of a ticket, for the first time that it is redeemed.

        Returns:
            None for a ticket that is not one of ours, too old, or was redeemed before.
        """
        if not _TICKET.fullmatch(ticket):
            return None
        try:
            nonce, subject = self._serializer.loads(ticket, max_age=self._max_age)
        except self._bad:
            return None
        # One second more than its age, which is counted in whole ones.
        return subject if await self._used.add(nonce, self._max_age + 1) else None

    async def verify(self, ticket: str, ws: WebSocket) -> Any:
        """Do what `redeem` does, for an `Authenticator`."""
        return await self.redeem(ticket)


def _itsdangerous() -> Any:
    try:
        import itsdangerous
    except ImportError as exc:
        raise RuntimeError(
            "Tickets need itsdangerous: pip install falconws-ws[auth]."
        ) from exc
    return itsdangerous
