"""The customers: starts journeys through the shop at a steady rate, and sends no telemetry itself."""

import asyncio
import random
import time

import httpx2
from network import url_of

CUSTOMERS = 50
WRONG_PASSWORDS = 0.08
EXPIRED_SESSIONS = 0.03
# What customers do, and how often.
MIX = {"buy": 50, "browse": 25, "look at past orders": 15, "only sign in": 10}


class Customer:
    """One journey of one customer; every step is a request that begins a trace."""

    def __init__(self, client: httpx2.AsyncClient, goal: str) -> None:
        self._client = client
        self._goal = goal
        self._user_id = random.randint(1, CUSTOMERS)

    async def go(self) -> None:
        if self._goal in ("browse", "buy"):
            category = random.choice(("books", "games"))
            await self._client.get(url_of("inventory-service", f"/products?category={category}"))
        if self._goal == "browse":
            return
        token = await self._sign_in()
        headers = {"authorization": f"Bearer {token}"}
        if token and self._goal == "buy":
            sku = f"SKU-{min(random.randint(1, 24), random.randint(1, 24)):03d}"
            order = {"sku": sku, "quantity": random.randint(1, 4)}
            await self._client.post(url_of("order-service", "/checkout"), json=order, headers=headers)
        elif token and self._goal == "look at past orders":
            await self._client.get(url_of("order-service", "/orders"), headers=headers)

    async def _sign_in(self) -> str | None:
        if random.random() < EXPIRED_SESSIONS:
            return "expired"
        wrong = random.random() < WRONG_PASSWORDS
        answer = await self._client.post(
            url_of("auth-service", "/sessions"),
            json={
                "user_id": self._user_id,
                "password": "battery staple" if wrong else "correct horse",
            },
        )
        return None if answer.is_error else answer.json()["token"]


async def drive(client: httpx2.AsyncClient, duration: float, rate: float) -> int:
    """Start `rate` journeys a second for `duration` seconds; returns how many were started."""
    goals = random.choices(list(MIX), list(MIX.values()), k=max(1, round(duration * rate)))
    start = time.monotonic()
    async with asyncio.TaskGroup() as journeys:
        for number, goal in enumerate(goals):
            await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
            journeys.create_task(Customer(client, goal).go())
    return len(goals)
