"""The customers: journeys through the shop at a steady rate, without telemetry of their own."""

import asyncio
import time

import httpx2
from chance import dice
from network import url_of

CUSTOMERS = 50
WRONG_PASSWORDS = 0.08
EXPIRED_SESSIONS = 0.03
# What customers do, and how often.
MIX = {"buy": 50, "browse": 25, "look at past orders": 15, "only sign in": 10}


class Customer:
    """One journey of one customer; every step is a request that begins a trace."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._goal = dice.choices(list(MIX), list(MIX.values()))[0]
        self._category = dice.choice(("books", "games"))
        self._user_id = dice.randint(1, CUSTOMERS)
        self._password = "battery staple" if dice.random() < WRONG_PASSWORDS else "correct horse"
        self._old_token = "expired" if dice.random() < EXPIRED_SESSIONS else None
        # The smaller of two draws: some products sell better and run out.
        product = min(dice.randint(1, 24), dice.randint(1, 24))
        self._order = {"sku": f"SKU-{product:03d}", "quantity": dice.randint(1, 4)}

    async def go(self) -> None:
        if self._goal in ("browse", "buy"):
            products = url_of("inventory-service", f"/products?category={self._category}")
            await self._client.get(products)
        if self._goal == "browse":
            return
        token = self._old_token or await self._sign_in()
        headers = {"authorization": f"Bearer {token}"}
        if token and self._goal == "buy":
            checkout = url_of("order-service", "/checkout")
            await self._client.post(checkout, json=self._order, headers=headers)
        elif token and self._goal == "look at past orders":
            await self._client.get(url_of("order-service", "/orders"), headers=headers)

    async def _sign_in(self) -> str | None:
        answer = await self._client.post(
            url_of("auth-service", "/sessions"),
            json={"user_id": self._user_id, "password": self._password},
        )
        return None if answer.is_error else answer.json()["token"]


async def drive(client: httpx2.AsyncClient, duration: float, rate: float) -> int:
    """Start `rate` journeys a second for `duration` seconds; returns how many were started."""
    journeys = max(1, round(duration * rate))
    start = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(journeys):
            await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
            group.create_task(Customer(client).go())
    return journeys
