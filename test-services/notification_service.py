"""The notification service: reads placed orders from the queue and writes the customer."""

import asyncio
import logging
from typing import Any

from chance import dice
from message_queue import MessageQueue
from service import Service
from telemetry import tracer

log = logging.getLogger("shop.notification")
service = Service("notification-service", version="1.1.4")
app = service.app

BOUNCES = 0.05
placed_orders = MessageQueue("orders.placed")


class MailboxFull(Exception):
    """The customer's mail server took no more mail."""


@service.background
async def notify_customers() -> None:
    await placed_orders.consume(notify)


async def notify(order: dict[str, Any]) -> None:
    answer = await service.call("GET", "user-service", "/users/{id}", id=order["user_id"])
    customer = answer.json()
    try:
        await send_mail(customer["email"], f"Your order {order['order_id']} is {order['status']}")
    except MailboxFull:
        log.exception("order %s: customer could not be notified", order["order_id"])
        raise
    log.info(
        "customer notified of order %s",
        order["order_id"],
        extra={"attributes": {"order.id": order["order_id"], "mail.template": "order-placed"}},
    )


@tracer.start_as_current_span("send e-mail")
async def send_mail(recipient: str, subject: str) -> None:
    """Pretend to speak to a mail server; raises MailboxFull now and then."""
    await asyncio.sleep(dice.uniform(0.005, 0.03))
    if dice.random() < BOUNCES:
        raise MailboxFull(f"mailbox of {recipient} is full, subject was {subject!r}")
