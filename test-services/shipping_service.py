"""The shipping service: quotes a parcel, now and then slowly, and books its transport."""

import asyncio
import logging
import uuid

from chance import dice
from database import Database
from service import Service
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from telemetry import tracer

log = logging.getLogger("shop.shipping")
service = Service("shipping-service", version="0.9.7")
app = service.app

SLOW_QUOTES = 0.06
database = Database(
    "shipping", "CREATE TABLE shipments (id TEXT PRIMARY KEY, order_id TEXT, zone TEXT)"
)


def zone_of(address: dict[str, str]) -> str:
    # A customer without a postal code is a KeyError here: the bug this service ships with.
    return "near" if int(address["postal_code"]) % 2 else "far"


@service.route("POST", "/quotes")
async def quote(_: Request) -> Response:
    with tracer.start_as_current_span("compute rate") as span:
        slow = dice.random() < SLOW_QUOTES
        span.set_attribute("carrier.rates.cached", not slow)
        if slow:
            log.warning("carrier rate table expired, rebuilding it")
            span.add_event("rate table rebuild", {"carrier": "parcel-express"})
            await asyncio.sleep(dice.uniform(0.9, 1.6))
        await asyncio.sleep(dice.uniform(0.004, 0.02))
        amount_cents = dice.choice((495, 695, 1295))
    return JSONResponse({"amount_cents": amount_cents})


@service.route("POST", "/shipments")
async def ship(request: Request) -> Response:
    body = await request.json()
    with tracer.start_as_current_span("choose carrier") as span:
        zone = zone_of(body["address"])
        span.set_attribute("shipping.zone", zone)
    shipment = uuid.uuid4().hex[:12]
    await database.run(
        "INSERT shipments",
        "INSERT INTO shipments VALUES (?, ?, ?)",
        shipment,
        body["order_id"],
        zone,
    )
    log.info(
        "shipment %s booked for order %s",
        shipment,
        body["order_id"],
        extra={"attributes": {"order.id": body["order_id"]}},
    )
    return JSONResponse({"shipment_id": shipment}, 201)
