"""The card gateway: a company outside the shop, so it sends no telemetry; it declines some cards and sometimes hangs."""

import asyncio
import random
import secrets

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

DECLINED = 0.12
HANGING = 0.08
REASONS = ("insufficient funds", "card expired", "suspected fraud")


async def authorize(_: Request) -> Response:
    await asyncio.sleep(1.0 if random.random() < HANGING else random.lognormvariate(-3.2, 0.5))
    if random.random() < DECLINED:
        return JSONResponse({"reason": random.choice(REASONS)}, 402)
    return JSONResponse({"authorization": secrets.token_hex(6)}, 201)


async def healthy(_: Request) -> Response:
    return Response("ok")


app = Starlette(
    routes=[
        Route("/v1/authorizations", authorize, methods=["POST"]),
        Route("/healthz", healthy),
    ]
)
