"""Processes, subscribers that come and go, and an account of every message.

    python -m tests.channels.soak redis://localhost:6379 --seconds 30

starts four processes with 500 subscribers each on 20 channels, all of which publish. Subscribers
leave, come back behind the last id that they have, and read slowly now and then; one process is
killed in the middle. In the end each subscriber's account is closed: what it got and what it was
told to have missed has to be all that there was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from falconws.channels import (
    Channels,
    ChannelsError,
    Gap,
    Item,
    Message,
    Outbox,
    Position,
    Recovered,
)
from falconws.channels.redis import RedisBroker

__all__ = ("Account", "soak")

ROOT = Path(__file__).parents[2]
CHANNELS = 20
# Seconds without a message, after which nothing more comes.
SILENCE = 3.0


@dataclass
class Account:
    """What the subscribers of a process got.

    Attributes:
        delivered: Messages.
        missed: Messages that they were told to have missed.
        gaps: How often they were told so.
        resumed: How often one came back behind the id that it had.
        recovered: How often it then got all that it had missed.
        published: Messages that this process published.
        refused: Messages that the broker did not take.
        faults: What must not be: messages out of order, twice, or missing without a word.
    """

    delivered: int = 0
    missed: int = 0
    gaps: int = 0
    resumed: int = 0
    recovered: int = 0
    published: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: Account) -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


class Subscriber:
    """One of many: on one channel, for as long as the soak is."""

    def __init__(self, channels: Channels, account: Account, until: float) -> None:
        self._channels = channels
        self._account = account
        self._until = until
        self._channel = f"channel-{random.randrange(CHANNELS)}"
        self._last: Position | None = None

    async def run(self) -> None:
        while True:
            is_last = await self._stay()
            if is_last:
                return
            await asyncio.sleep(random.uniform(0, 1))

    async def _stay(self) -> bool:
        """Subscribe for a while; give whether that was until the end."""
        leaves = time.time() + random.expovariate(1 / 8)
        after = None if self._last is None else str(self._last)
        outbox = Outbox(messages=random.choice([16, 256]))
        async with self._channels.subscribe(
            self._channel, after=after, outbox=outbox
        ) as subscription:
            if after is None:
                self._last = subscription.begun[self._channel]
            else:
                self._account.resumed += 1
            while True:
                now = time.time()
                if now >= leaves and now < self._until:
                    return False
                wait = SILENCE if now >= self._until else min(leaves, self._until) - now
                try:
                    async with asyncio.timeout(max(0.05, wait)):
                        item = await subscription.next()
                except TimeoutError:
                    if time.time() < self._until + SILENCE:
                        continue
                    await self._close()
                    return True
                assert item is not None
                self._take(item)
                if random.random() < 0.001:
                    await asyncio.sleep(random.choice([0.5, 3]))

    def _take(self, item: Item) -> None:
        account = self._account
        last = self._last
        assert last is not None
        assert item.position is not None
        if isinstance(item, Gap):
            account.gaps += 1
            if item.dropped is None:
                account.faults.append(f"a gap of nobody knows how many: {item}")
            elif item.dropped != item.position.offset - last.offset:
                account.faults.append(f"{item} behind {last}")
            else:
                account.missed += item.dropped
            self._last = item.position
        elif isinstance(item, Recovered):
            account.recovered += 1
        elif isinstance(item, Message):
            if item.position != (last.epoch, last.offset + 1):
                account.faults.append(f"{item.position} behind {last}")
            account.delivered += 1
            self._last = item.position

    async def _close(self) -> None:
        """See that nothing was missed at the end."""
        end = await self._channels.broker.position(self._channel)
        if self._last != end:
            self._account.faults.append(
                f"{self._channel} ends at {end}, and for one at {self._last}"
            )


async def work(
    url: str, prefix: str, until: float, subscribers: int, rate: float
) -> Account:
    """Be one of the processes."""
    account = Account()
    broker = RedisBroker(url, prefix=prefix, history=5000, ttl=120)
    async with Channels(broker) as channels:

        async def publish() -> None:
            while time.time() < until:
                try:
                    await channels.publish(
                        f"channel-{random.randrange(CHANNELS)}", "x" * 64
                    )
                    account.published += 1
                except ChannelsError:
                    account.refused += 1
                await asyncio.sleep(random.expovariate(rate))

        async with asyncio.TaskGroup() as group:
            group.create_task(publish())
            for _ in range(subscribers):
                group.create_task(Subscriber(channels, account, until).run())
    return account


def soak(
    url: str,
    seconds: float,
    processes: int = 4,
    subscribers: int = 2000,
    rate: float = 60.0,
) -> Account:
    """Run processes, kill one in the middle, and add up the accounts of the others.

    Args:
        url: Of the Redis.
        seconds: For which messages are published.
        processes: How many.
        subscribers: In all of them together.
        rate: Messages per second that each process publishes.
    """
    prefix = f"soak-{secrets.token_hex(4)}:"
    until = time.time() + seconds + 3  # in which the processes start
    command = [sys.executable, "-m", "tests.channels.soak", url, "--prefix", prefix]
    command += ["--until", str(until), "--subscribers", str(subscribers // processes)]
    command += ["--rate", str(rate)]
    workers = [
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(processes)
    ]
    total = Account()
    try:
        time.sleep(max(0.0, until - seconds / 2 - time.time()))
        workers[0].send_signal(signal.SIGKILL)
        for worker in workers[1:]:
            out, err = worker.communicate(timeout=seconds + 60)
            if worker.returncode:
                raise RuntimeError(err)
            total.add(Account(**json.loads(out)))
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    return total


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.channels.soak")
    parser.add_argument("url", help="such as redis://localhost:6379")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--subscribers", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=60.0)
    parser.add_argument("--until", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--prefix", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.until is None:
        account = soak(
            options.url, options.seconds, 4, options.subscribers, options.rate
        )
    else:
        account = asyncio.run(
            work(
                options.url,
                options.prefix,
                options.until,
                options.subscribers,
                options.rate,
            )
        )
    print(json.dumps(asdict(account), indent=None if options.until else 1))
    if account.faults and options.until is None:
        sys.exit(1)


if __name__ == "__main__":
    main()
