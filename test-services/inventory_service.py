"""The inventory service: the catalogue, stock levels, reservations, and a restocking job."""

import asyncio
import logging

from database import Database
from service import Service
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from telemetry import tracer

log = logging.getLogger("shop.inventory")
service = Service("inventory-service", version="3.0.1")
app = service.app

RESTOCK_SECONDS = 3
database = Database(
    "inventory",
    """
    CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT, category TEXT, price_cents INTEGER);
    CREATE TABLE stock (sku TEXT PRIMARY KEY, quantity INTEGER);
    CREATE TABLE reservations (id INTEGER PRIMARY KEY, sku TEXT, quantity INTEGER);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24)
    INSERT INTO products
        SELECT printf('SKU-%03d', i), 'Product ' || i, iif(i % 2, 'books', 'games'), 500 + 250 * i
        FROM n;
    INSERT INTO stock SELECT sku, 20 FROM products;
    """,
)


class OutOfStock(Exception):
    """Fewer pieces are left than were asked for."""


@service.route("GET", "/products")
async def list_products(request: Request) -> Response:
    category = request.query_params["category"]
    products = await database.run(
        "SELECT products", "SELECT * FROM products WHERE category = ?", category
    )
    # One query per product: the classic N+1, left in so that there is something to find.
    listing = []
    for product in products:
        stock = await database.run(
            "SELECT stock", "SELECT quantity FROM stock WHERE sku = ?", product["sku"]
        )
        listing.append({**product, "available": stock[0]["quantity"]})
    log.info("listed %d products of category %s", len(listing), category)
    return JSONResponse(listing)


@service.route("POST", "/reservations")
async def reserve(request: Request) -> Response:
    body = await request.json()
    sku, quantity = body["sku"], body["quantity"]
    try:
        price_cents = await take_from_stock(sku, quantity)
    except OutOfStock as error:
        log.warning("%s", error, extra={"attributes": {"product.sku": sku}})
        return JSONResponse({"error": str(error)}, 409)
    rows = await database.run(
        "INSERT reservations",
        "INSERT INTO reservations (sku, quantity) VALUES (?, ?) RETURNING id",
        sku,
        quantity,
    )
    log.info("reserved %d of %s", quantity, sku, extra={"attributes": {"product.sku": sku}})
    return JSONResponse({"id": rows[0]["id"], "amount_cents": quantity * price_cents}, 201)


@tracer.start_as_current_span("take from stock")
async def take_from_stock(sku: str, quantity: int) -> int:
    """Take `quantity` pieces and return the price of one in cents; raises OutOfStock."""
    taken = await database.run(
        "UPDATE stock",
        "UPDATE stock SET quantity = quantity - ?1 WHERE sku = ?2 AND quantity >= ?1 RETURNING sku",
        quantity,
        sku,
    )
    if not taken:
        raise OutOfStock(f"fewer than {quantity} of {sku} left")
    products = await database.run(
        "SELECT products", "SELECT price_cents FROM products WHERE sku = ?", sku
    )
    return int(products[0]["price_cents"])


@service.route("DELETE", "/reservations/{id}")
async def release(request: Request) -> Response:
    reservation = request.path_params["id"]
    rows = await database.run(
        "DELETE reservations",
        "DELETE FROM reservations WHERE id = ? RETURNING sku, quantity",
        reservation,
    )
    for row in rows:
        await database.run(
            "UPDATE stock",
            "UPDATE stock SET quantity = quantity + ? WHERE sku = ?",
            row["quantity"],
            row["sku"],
        )
    log.info("released reservation %s", reservation)
    return Response(status_code=204)


@service.background
async def restock() -> None:
    while True:
        await asyncio.sleep(RESTOCK_SECONDS)
        with tracer.start_as_current_span("restock shelves") as span:
            rows = await database.run(
                "UPDATE stock", "UPDATE stock SET quantity = 20 WHERE quantity < 5 RETURNING sku"
            )
            span.set_attribute("restock.products", [row["sku"] for row in rows])
            log.info("restocked %d products", len(rows))
