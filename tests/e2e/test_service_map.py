"""The service map of the simulated shop is the drawing in its README."""

from pathlib import Path

from tests.e2e.conftest import running
from tests.test_simulation import simulate

CALLS = {
    "user": {"auth-service", "inventory-service", "order-service"},
    "auth-service": {"user-service", "sqlite/auth"},
    "inventory-service": {"sqlite/inventory"},
    "notification-service": {"user-service"},
    "order-service": {
        "auth-service", "inventory-service", "payment-service", "shipping-service",
        "user-service", "sqlite/orders", "sqlite-queue/orders.placed",
    },
    "payment-service": {"card-gateway", "sqlite/payments"},
    "shipping-service": {"sqlite/shipping"},
    "sqlite-queue/orders.placed": {"notification-service"},
    "user-service": {"sqlite/users"},
}  # fmt: skip


def kind_of(name: str) -> str:
    if name.startswith("sqlite/"):
        return "database"
    if name.startswith("sqlite-queue/"):
        return "messaging"
    return {"user": "user", "card-gateway": "external"}.get(name, "service")


def test_the_map_of_the_shop_is_its_topology(tmp_path: Path) -> None:
    with running(tmp_path) as argus:
        run = simulate(f"http://{argus.grpc}", "--duration", "8", "--rate", "12")
        assert run.returncode == 0, run.stderr
        found = argus.get("/api/metrics/service-map")
        traces = argus.get("/api/traces", limit=1000)["traces"]
    found_calls: dict[str, set[str]] = {}
    for edge in found["edges"]:
        found_calls.setdefault(edge["source"], set()).add(edge["target"])
        assert edge["call_count"] > 0
        assert edge["error_count"] <= edge["call_count"]
    assert found_calls == CALLS
    names = CALLS.keys() | {name for targets in CALLS.values() for name in targets}
    assert {node["name"]: node["kind"] for node in found["nodes"]} == {
        name: kind_of(name) for name in names
    }
    calls_of_users = sum(edge["call_count"] for edge in found["edges"] if edge["source"] == "user")
    # what the inventory does by itself has no user
    assert calls_of_users == sum(t["root_operation"] != "restock shelves" for t in traces) > 0
