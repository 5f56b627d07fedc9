"""The payment service: charges cards through the card gateway, an external peer."""

import logging

import httpx2
from database import Database
from service import Service
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from telemetry import tracer

log = logging.getLogger("shop.payment")
service = Service("payment-service", version="4.2.0")
app = service.app

GATEWAY_TIMEOUT_SECONDS = 0.4
ATTEMPTS = 2
database = Database(
    "payments", "CREATE TABLE payments (order_id TEXT, amount_cents INTEGER, authorization TEXT)"
)


class CardDeclined(Exception):
    """The bank refused the charge."""


class GatewayUnavailable(Exception):
    """The card gateway did not answer, however often it was asked."""


@service.route("POST", "/charges")
async def charge(request: Request) -> Response:
    body = await request.json()
    order_id, amount_cents = body["order_id"], body["amount_cents"]
    attributes = {"order.id": order_id, "payment.amount_cents": amount_cents}
    try:
        authorization = await authorize_card(order_id, amount_cents)
    except CardDeclined as error:
        log.error("card declined: %s", error, exc_info=error, extra={"attributes": attributes})
        return JSONResponse({"error": str(error)}, 402)
    except GatewayUnavailable as error:
        log.critical("no charge is possible: %s", error, extra={"attributes": attributes})
        return JSONResponse({"error": str(error)}, 503)
    await database.run(
        "INSERT payments",
        "INSERT INTO payments VALUES (?, ?, ?)",
        order_id,
        amount_cents,
        authorization,
    )
    log.info("charged %.2f", amount_cents / 100, extra={"attributes": attributes})
    return JSONResponse({"authorization": authorization}, 201)


@tracer.start_as_current_span("authorize card")
async def authorize_card(order_id: str, amount_cents: int) -> str:
    """Return the bank's authorization; raises CardDeclined and GatewayUnavailable."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = await service.call(
                "POST",
                "card-gateway",
                "/v1/authorizations",
                json={"reference": order_id, "amount_cents": amount_cents},
                timeout_seconds=GATEWAY_TIMEOUT_SECONDS,
            )
        except httpx2.TimeoutException:
            log.warning("card gateway timed out, attempt %d of %d", attempt, ATTEMPTS)
            continue
        if answer.status_code == 402:
            raise CardDeclined(answer.json()["reason"])
        return str(answer.json()["authorization"])
    raise GatewayUnavailable(f"card gateway timed out {ATTEMPTS} times")
