"""The card gateway: a company outside the shop, without telemetry, that declines and hangs."""

import asyncio
import secrets

from chance import dice
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

DECLINED = 0.12
HANGING = 0.08
REASONS = ("insufficient funds", "card expired", "suspected fraud")


async def authorize(_: Request) -> Response:
    await asyncio.sleep(1.0 if dice.random() < HANGING else dice.lognormvariate(-3.2, 0.5))
    if dice.random() < DECLINED:
        return JSONResponse({"reason": dice.choice(REASONS)}, 402)
    return JSONResponse({"authorization": secrets.token_hex(6)}, 201)


async def healthy(_: Request) -> Response:
    return Response("ok")


app = Starlette(
    routes=[
        Route("/v1/authorizations", authorize, methods=["POST"]),
        Route("/healthz", healthy),
    ]
)
