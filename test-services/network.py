"""Owns where each process of the shop listens: names, mapped to loopback ports."""

import os

DEFAULT_BASE_PORT = 9100
NAMES = (
    "auth-service",
    "user-service",
    "order-service",
    "inventory-service",
    "shipping-service",
    "payment-service",
    "notification-service",
    "card-gateway",
)


def port_of(name: str) -> int:
    """The port of `name`: SHOP_BASE_PORT (default 9100) plus its place in `NAMES`.

    Raises ValueError for a name that is not in `NAMES`.
    """
    return int(os.environ.get("SHOP_BASE_PORT", DEFAULT_BASE_PORT)) + NAMES.index(name)


def url_of(name: str, path: str) -> str:
    """The loopback address of `path` at `name`."""
    return f"http://127.0.0.1:{port_of(name)}{path}"
