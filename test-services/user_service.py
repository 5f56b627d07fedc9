"""The user service: who the customers are, where they live, whether they are locked out."""

import asyncio
import logging

from chance import dice
from database import Database
from service import Service
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from telemetry import tracer

log = logging.getLogger("shop.user")
service = Service("user-service", version="1.8.3")
app = service.app

# Every 17th customer has no postal code, which the shipping service stumbles over.
database = Database(
    "users",
    """
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT, locked INTEGER);
    CREATE TABLE addresses (user_id INTEGER, city TEXT, postal_code TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
    INSERT INTO users SELECT i, 'Customer ' || i, 'customer' || i || '@shop.example', i = 13 FROM n;
    INSERT INTO addresses SELECT id, 'Springfield', iif(id % 17, 10000 + id, NULL) FROM users;
    """,
)


@service.route("GET", "/users/{id}")
async def profile(request: Request) -> Response:
    user_id = request.path_params["id"]
    rows = await database.run("SELECT users", "SELECT * FROM users WHERE id = ?", user_id)
    if not rows:
        return JSONResponse({"error": "no such user"}, 404)
    log.debug("profile of user %s read", user_id)
    return JSONResponse({**rows[0], "locked": bool(rows[0]["locked"])})


@service.route("GET", "/users/{id}/address")
async def address(request: Request) -> Response:
    user_id = request.path_params["id"]
    rows = await database.run(
        "SELECT addresses", "SELECT city, postal_code FROM addresses WHERE user_id = ?", user_id
    )
    if not rows:
        return JSONResponse({"error": "no such user"}, 404)
    with tracer.start_as_current_span("normalize address") as span:
        incomplete = rows[0]["postal_code"] is None
        span.set_attribute("address.incomplete", incomplete)
        await asyncio.sleep(dice.uniform(0.001, 0.004))
    if incomplete:
        log.warning("address of user %s has no postal code", user_id)
        return JSONResponse({"city": rows[0]["city"]})
    return JSONResponse(dict(rows[0]))
