"""The auth service: signs customers in and tells other services whose session a token is."""

import hashlib
import logging
import secrets

from database import Database
from service import Service
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from telemetry import tracer

log = logging.getLogger("shop.auth")
service = Service("auth-service", version="2.1.0")
app = service.app

HASH_ROUNDS = 20_000
CUSTOMERS = 50


def hash_password(password: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), b"shop", HASH_ROUNDS).hex()


database = Database(
    "auth",
    f"""
    CREATE TABLE credentials (user_id INTEGER PRIMARY KEY, password_hash TEXT);
    CREATE TABLE sessions (token TEXT PRIMARY KEY, user_id INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {CUSTOMERS})
    INSERT INTO credentials SELECT i, '{hash_password("correct horse")}' FROM n;
    """,
)


@service.route("POST", "/sessions")
async def sign_in(request: Request) -> Response:
    body = await request.json()
    user_id = body["user_id"]
    rows = await database.run(
        "SELECT credentials", "SELECT password_hash FROM credentials WHERE user_id = ?", user_id
    )
    with tracer.start_as_current_span("verify password") as span:
        span.set_attribute("auth.hash.rounds", HASH_ROUNDS)
        verified = bool(rows) and hash_password(body["password"]) == rows[0]["password_hash"]
    if not verified:
        log.warning(
            "sign-in refused for user %s: wrong password",
            user_id,
            extra={"attributes": {"user.id": str(user_id)}},
        )
        return JSONResponse({"error": "wrong user or password"}, 401)
    profile = (await service.call("GET", "user-service", "/users/{id}", id=user_id)).json()
    if profile["locked"]:
        log.error("locked account %s tried to sign in", user_id)
        return JSONResponse({"error": "account is locked"}, 403)
    token = secrets.token_hex(16)
    await database.run("INSERT sessions", "INSERT INTO sessions VALUES (?, ?)", token, user_id)
    log.info("user %s signed in", user_id, extra={"attributes": {"user.id": str(user_id)}})
    return JSONResponse({"token": token}, 201)


@service.route("GET", "/sessions/{token}")
async def verify_session(request: Request) -> Response:
    rows = await database.run(
        "SELECT sessions",
        "SELECT user_id FROM sessions WHERE token = ?",
        request.path_params["token"],
    )
    if not rows:
        log.warning("unknown or expired session token")
        return JSONResponse({"error": "session expired"}, 401)
    return JSONResponse({"user_id": rows[0]["user_id"]})
