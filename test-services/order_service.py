"""The order service: takes a checkout through session, stock, shipping, payment and notice."""

import asyncio
import logging
import uuid
from typing import Any

import httpx2
from database import Database
from message_queue import MessageQueue
from opentelemetry import trace
from service import Service
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

log = logging.getLogger("shop.order")
service = Service("order-service", version="5.3.2")
app = service.app

QUOTE_TIMEOUT_SECONDS = 1.0
FLAT_RATE_CENTS = 995
database = Database(
    "orders",
    "CREATE TABLE orders (id TEXT PRIMARY KEY, user_id INTEGER, amount_cents INTEGER, status TEXT)",
)
placed_orders = MessageQueue("orders.placed")


class Refused(Exception):
    """The checkout ends here: another service said no with this status and reason."""

    def __init__(self, status_code: int, reason: str) -> None:
        super().__init__(reason)
        self.status_code = status_code


@service.route("POST", "/checkout")
async def checkout(request: Request) -> Response:
    order = await request.json()
    order_id = uuid.uuid4().hex[:12]
    span = trace.get_current_span()
    span.set_attributes({"order.id": order_id, "order.quantity": order["quantity"]})
    try:
        user_id = await session_owner(request)
        span.set_attribute("user.id", str(user_id))
        amount_cents, status = await place(order_id, user_id, order)
    except Refused as error:
        log.log(
            logging.ERROR if error.status_code >= 500 else logging.WARNING,
            "checkout refused: %s",
            error,
            extra={"attributes": {"order.id": order_id}},
        )
        return JSONResponse({"error": str(error)}, error.status_code)
    log.info(
        "order %s placed",
        order_id,
        extra={"attributes": {"order.id": order_id, "order.amount_cents": amount_cents}},
    )
    return JSONResponse({"order_id": order_id, "status": status}, 201)


@service.route("GET", "/orders")
async def history(request: Request) -> Response:
    try:
        user_id = await session_owner(request)
    except Refused as error:
        return JSONResponse({"error": str(error)}, error.status_code)
    rows = await database.run(
        "SELECT orders", "SELECT * FROM orders WHERE user_id = ? LIMIT 20", user_id
    )
    return JSONResponse([dict(row) for row in rows])


async def session_owner(request: Request) -> int:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    answer = await service.call("GET", "auth-service", "/sessions/{token}", token=token or "none")
    return int(accepted(answer)["user_id"])


async def place(order_id: str, user_id: int, order: dict[str, Any]) -> tuple[int, str]:
    """Reserve, charge, ship and announce; returns the amount in cents and the order's status."""
    reservation, address = await asyncio.gather(
        service.call("POST", "inventory-service", "/reservations", json=order),
        service.call("GET", "user-service", "/users/{id}/address", id=user_id),
    )
    reserved = accepted(reservation)
    amount_cents = reserved["amount_cents"] + await shipping_cost()
    payment = await service.call(
        "POST",
        "payment-service",
        "/charges",
        json={"order_id": order_id, "amount_cents": amount_cents},
    )
    if payment.is_error:
        await service.call("DELETE", "inventory-service", "/reservations/{id}", id=reserved["id"])
    accepted(payment)
    shipment = await service.call(
        "POST",
        "shipping-service",
        "/shipments",
        json={"order_id": order_id, "address": address.json()},
    )
    status = "unshipped" if shipment.is_error else "shipped"
    if shipment.is_error:
        log.error("order %s is paid but could not be shipped", order_id)
    await database.run(
        "INSERT orders",
        "INSERT INTO orders VALUES (?, ?, ?, ?)",
        order_id,
        user_id,
        amount_cents,
        status,
    )
    placed_orders.send({"order_id": order_id, "user_id": user_id, "status": status})
    return amount_cents, status


async def shipping_cost() -> int:
    """The quote in cents, or a flat rate when the shipping service is too slow."""
    try:
        quote = await service.call(
            "POST", "shipping-service", "/quotes", timeout_seconds=QUOTE_TIMEOUT_SECONDS
        )
    except httpx2.TimeoutException:
        log.warning("shipping quote timed out after %.1f s, flat rate used", QUOTE_TIMEOUT_SECONDS)
        return FLAT_RATE_CENTS
    return int(accepted(quote)["amount_cents"])


def accepted(answer: httpx2.Response) -> dict[str, Any]:
    """The answer's JSON; raises Refused when it is an error."""
    body: dict[str, Any] = answer.json()
    if answer.is_error:
        raise Refused(answer.status_code, body["error"])
    return body
