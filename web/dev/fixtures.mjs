/** Owns made-up telemetry for looking at the pages without a back end: traces of several shapes and their logs. */

let seed = 7;
function random() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 4294967296;
}
const between = (low, high) => low + random() * (high - low);
const pick = (list) => list[Math.floor(random() * list.length)];
const hex = (digits) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
const time = (us) => `${new Date(Math.floor(us / 1000)).toISOString().slice(0, -1)}${String(Math.round((us % 1000) * 1000)).padStart(6, "0")}Z`;

const languages = { "order-service": "python", "auth-service": "go", "payment-service": "nodejs", "inventory-service": "java", "shipping-service": "python", "notification-service": "dotnet", "user-service": "go" };
const resourceOf = (service) => ({
  "service.name": service,
  "service.version": "1.19.0",
  "service.namespace": "shop",
  "deployment.environment.name": "production",
  "host.name": `ip-10-0-1-${service.length}`,
  "k8s.pod.name": `${service}-7d1bdba39-4081f`,
  "process.pid": 4100 + service.length,
  "telemetry.sdk.language": languages[service] ?? "python",
  "telemetry.sdk.name": "opentelemetry",
});

const step = (service, name, kind, ms, children = [], more = {}) => ({ service, name, kind, ms, children, ...more });
const sql = (service, statement, ms, more = {}) =>
  step(service, statement.split(" ").slice(0, statement.startsWith("SELECT") ? 1 : 3).join(" ") + (statement.startsWith("SELECT") ? ` ${/FROM (\w+)/.exec(statement)[1]}` : ""), "CLIENT", ms, [], {
    attributes: { "db.system.name": "postgresql", "db.query.text": statement, "db.namespace": "shop", "server.address": "postgres.internal", "server.port": 5432 },
    ...more,
  });
const redis = (service, name, ms) => step(service, name, "CLIENT", ms, [], { attributes: { "db.system.name": "redis", "server.address": "redis.internal", "server.port": 6379 } });
const http = (method, path, status = 200) => ({ "http.request.method": method, "url.path": path, "http.response.status_code": status, "network.protocol.version": "1.1" });
const call = (from, to, method, path, ms, children, more = {}) =>
  step(from, `${method} ${path}`, "CLIENT", ms * 1.02 + 0.6, [step(to, `${method} ${path}`, "SERVER", ms, children, { attributes: http(method, path, more.code ?? 200), ...more })], {
    attributes: { ...http(method, path, more.code ?? 200), "server.address": `${to}.shop.svc`, "server.port": 8000 },
    error: more.error,
    message: more.message,
  });
const rpc = (from, to, method, ms, children) =>
  step(from, method, "CLIENT", ms * 1.02 + 0.4, [step(to, method, "SERVER", ms, children, { attributes: { "rpc.system": "grpc", "rpc.method": method.split("/")[1] } })], { attributes: { "rpc.system": "grpc", "rpc.service": method.split("/")[0] } });
const stack = `CardDeclinedError: Your card was declined: insufficient_funds
    at StripeGateway.charge (/app/src/gateways/stripe.ts:118:15)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
    at async PaymentService.charge (/app/src/payment-service.ts:64:20)
    at async Object.onReceiveHalfClose (/app/node_modules/@grpc/grpc-js/src/server-interceptors.ts:722:9)
    at async /app/src/middleware/idempotency.ts:41:5`;

function checkout(fails) {
  const charge = step("payment-service", "POST /v1/charges", "CLIENT", between(90, 130), [], {
    attributes: { ...http("POST", "/v1/charges", fails ? 402 : 200), "server.address": "api.stripe.example", "server.port": 443, "url.full": "https://api.stripe.example/v1/charges", ...(fails ? { "error.type": "CardDeclinedError" } : {}) },
    error: fails,
    message: fails ? "Your card was declined: insufficient_funds" : "",
    events: [["dns.resolved", 0.03, { "net.ip": "10.2.0.17" }], ["tls.handshake.done", 0.12, { "tls.protocol.version": "1.3" }], ...(fails ? [["exception", 0.97, { "exception.type": "CardDeclinedError", "exception.message": "Your card was declined: insufficient_funds", "exception.stacktrace": stack, "exception.escaped": false }]] : [])],
    logs: [["INFO", 0.05, "charging card ending 4242 amount=129.90 currency=EUR"], ...(fails ? [["ERROR", 0.98, "card declined: insufficient_funds (charge ch_3PqV9k)"]] : [])],
  });
  return step("order-service", "POST /orders", "SERVER", 0, [
    rpc("order-service", "auth-service", "shop.auth.v1.AuthService/ValidateToken", 3.4, [step("auth-service", "TokenVerifier.verify", "INTERNAL", 1.4), redis("auth-service", "GET session", 1.1)]),
    call("order-service", "user-service", "GET", "/users/{id}", 6.2, [sql("user-service", "SELECT id, email, tier FROM users WHERE id = $1", 2.8)]),
    step("order-service", "prepareOrderItems", "INTERNAL", 0, Array.from({ length: 5 }, () => rpc("order-service", "inventory-service", "shop.inventory.v1.InventoryService/ReserveItem", between(1.5, 4), [redis("inventory-service", "MGET product", 0.5), ...(random() > 0.6 ? [sql("inventory-service", "UPDATE stock SET reserved = reserved + $1 WHERE sku = $2", 1.1)] : [])]))),
    rpc("order-service", "shipping-service", "shop.shipping.v1.ShippingService/GetQuote", 60, [step("shipping-service", "pack_items", "INTERNAL", 3.4), step("shipping-service", "POST /v2/quote", "CLIENT", 52, [], { attributes: { ...http("POST", "/v2/quote"), "server.address": "carrier.example" }, logs: [["WARN", 0.8, "carrier answered slowly: 52 ms over the budget of 40 ms"]] })]),
    call("order-service", "payment-service", "POST", "/charges", 116, [step("payment-service", "validateCard", "INTERNAL", 0.5), sql("payment-service", "SELECT * FROM idempotency_keys WHERE key = $1", 2.6), charge], fails ? { code: 402, error: true, message: "charge failed" } : {}),
    ...(fails ? [] : [
      step("order-service", "tx placeOrder", "INTERNAL", 0, [sql("order-service", "INSERT INTO orders (id, user_id, total) VALUES ($1, $2, $3)", 3.1), sql("order-service", "INSERT INTO order_items (order_id, sku, n) VALUES ($1, $2, $3)", 4.4)]),
      step("order-service", "publish orders.placed", "PRODUCER", 4.8, [step("notification-service", "process orders.placed", "CONSUMER", 40, [step("notification-service", "render order_confirmation", "INTERNAL", 7.6), step("notification-service", "POST /v3/mail/send", "CLIENT", 28, [], { attributes: { ...http("POST", "/v3/mail/send", 202), "server.address": "mail.example" } })], { attributes: { "messaging.system": "kafka", "messaging.destination.name": "orders.placed" }, late: 6 })], { attributes: { "messaging.system": "kafka", "messaging.destination.name": "orders.placed" } }),
    ]),
  ], { attributes: { ...http("POST", "/orders", fails ? 402 : 201), "http.route": "/orders", "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)", "client.address": "203.0.113.9" }, error: fails, message: fails ? "payment refused" : "", logs: [["INFO", 0.01, "order received: 5 items, total 129.90 EUR user=u_9042"], [fails ? "ERROR" : "INFO", 0.99, fails ? "order failed: payment refused" : "order placed id=o_51820"]] });
}

function nPlusOne() {
  const hydrate = (index) => step("inventory-service", "hydrateProduct", "INTERNAL", 0, [
    redis("inventory-service", "GET product", between(0.2, 0.7)),
    sql("inventory-service", "SELECT id, name, price FROM products WHERE id = $1", index === 41 ? 29.5 : between(0.7, 2.6), index === 41 ? { error: true, message: "canceling statement due to statement timeout", events: [["exception", 0.99, { "exception.type": "QueryCanceled", "exception.message": "canceling statement due to statement timeout", "exception.stacktrace": "org.postgresql.util.PSQLException: ERROR: canceling statement due to statement timeout\n\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2725)\n\tat shop.inventory.ProductRepository.find(ProductRepository.java:88)" }]] } : {}),
    sql("inventory-service", "SELECT url, width FROM images WHERE product_id = $1", between(0.6, 1.4)),
    sql("inventory-service", "SELECT amount FROM prices WHERE product_id = $1", between(0.6, 1.2)),
    ...(index % 3 === 0 ? [step("inventory-service", "applyPromotions", "INTERNAL", 0.3)] : []),
    ...(index % 4 === 1 ? [redis("inventory-service", "SET product", 0.3)] : []),
  ]);
  return step("user-service", "GET /catalog/{category}", "SERVER", 0, [
    rpc("user-service", "auth-service", "shop.auth.v1.AuthService/ValidateToken", 4, [step("auth-service", "TokenVerifier.verify", "INTERNAL", 1.5), redis("auth-service", "GET session", 1.6)]),
    call("user-service", "inventory-service", "GET", "/products", 0, [sql("inventory-service", "SELECT id FROM products WHERE category = $1", 3.3), step("inventory-service", "hydrateProducts", "INTERNAL", 0, Array.from({ length: 67 }, (_, index) => hydrate(index)))]),
  ], { attributes: { ...http("GET", "/catalog/shoes"), "http.route": "/catalog/{category}" }, logs: [["INFO", 0.02, "listing category shoes"]] });
}

const small = [
  () => step("user-service", "GET /users/{id}", "SERVER", 0, [rpc("user-service", "auth-service", "shop.auth.v1.AuthService/ValidateToken", between(2, 6), [redis("auth-service", "GET session", 0.9)]), sql("user-service", "SELECT id, email FROM users WHERE id = $1", between(1, 5))], { attributes: http("GET", "/users/42"), logs: [["INFO", 0.5, `GET /users/42 200 in ${Math.round(between(8, 30))}ms`]] }),
  () => step("auth-service", "POST /login", "SERVER", between(18, 60), [sql("auth-service", "SELECT hash FROM credentials WHERE email = $1", 2.2), step("auth-service", "bcrypt.verify", "INTERNAL", between(12, 40))], { attributes: http("POST", "/login"), logs: [["DEBUG", 0.3, { event: "login", user: "u_9042", mfa: true, attempts: 1 }]] }),
  () => step("shipping-service", "sync carriers", "INTERNAL", between(900, 4000), [step("shipping-service", "GET /v2/rates", "CLIENT", between(300, 700), [], { attributes: { ...http("GET", "/v2/rates"), "server.address": "carrier.example" } })], { logs: [["WARN", 0.6, "carrier DHL: rate limit 80 % used, 40 requests left in this window"]] }),
  () => step("inventory-service", "GET /stock/{sku}", "SERVER", 0, [redis("inventory-service", "GET stock", between(0.2, 0.5))], { attributes: http("GET", "/stock/P-4462") }),
  () => step("notification-service", "GET /healthz", "SERVER", between(0.08, 0.3), [], { attributes: http("GET", "/healthz") }),
  () => step("payment-service", "POST /refunds", "SERVER", 0, [sql("payment-service", "SELECT id FROM charges WHERE order_id = $1", 2), step("payment-service", "POST /v1/refunds", "CLIENT", between(200, 2500), [], { attributes: { ...http("POST", "/v1/refunds", 503), "server.address": "api.stripe.example" }, error: true, message: "upstream unavailable", events: [["exception", 0.99, { "exception.type": "GatewayTimeout", "exception.message": "upstream unavailable", "exception.stacktrace": stack.replaceAll("CardDeclinedError: Your card was declined: insufficient_funds", "GatewayTimeout: upstream unavailable") }]] })], { attributes: http("POST", "/refunds", 502), error: true, message: "refund failed", logs: [["ERROR", 0.97, "refund failed after 3 attempts: upstream unavailable"], ["FATAL", 0.99, "circuit to api.stripe.example opened"]] }),
];

const totalMs = (node) => Math.max(node.ms, node.children.reduce((sum, child) => sum + totalMs(child) + 0.25, 0.5));

function lay(node, parent, startUs, traceId, spans, logs) {
  const length = totalMs(node) * 1000;
  const spanId = hex(16);
  const at = (share) => time(startUs + length * share);
  const scope = { name: `shop.${node.service}`, version: "0.9.2", attributes: {} };
  const span = { trace_id: traceId, span_id: spanId, parent_span_id: parent, service_name: node.service, operation_name: node.name, kind: node.kind, start_time: time(startUs), end_time: time(startUs + length), duration_us: Math.round(length * 1000) / 1000, status: node.error ? "ERROR" : "UNSET", status_message: node.message ?? "", trace_state: "", flags: 1, attributes: { ...node.attributes, "thread.id": 12 }, events: (node.events ?? []).map(([name, share, attributes]) => ({ name, time: at(share), attributes, dropped_attributes_count: 0 })), links: [], dropped_attributes_count: 0, dropped_events_count: 0, dropped_links_count: 0, resource: resourceOf(node.service), scope, schema_url: "" };
  spans.push(span);
  for (const [severity, share, body] of node.logs ?? []) {
    logs.push({ id: "", timestamp: at(share), observed_time: at(share), severity, severity_number: { DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 }[severity], severity_text: severity, body, event_name: "", service_name: node.service, trace_id: traceId, span_id: spanId, flags: 1, attributes: { "code.function.name": node.name, "code.line.number": 42 }, dropped_attributes_count: 0, resource: span.resource, scope, ai_insight: null });
  }
  let cursor = startUs + 200;
  for (const child of node.children) {
    const delay = (child.late ?? 0) * 1000;
    lay(child, spanId, cursor + delay, traceId, spans, logs);
    cursor += totalMs(child) * 1000 + 200;
  }
}

function traceOf(shape, startUs) {
  const [spans, logs, traceId] = [[], [], hex(32)];
  lay(shape, null, startUs, traceId, spans, logs);
  return { spans, logs, traceId };
}

function summary({ spans, traceId }) {
  const first = spans.reduce((a, b) => (a.start_time <= b.start_time ? a : b));
  const root = spans.find((span) => span.parent_span_id === null);
  const stand = root ?? first;
  const startUs = Date.parse(first.start_time) * 1000;
  const endUs = Math.max(...spans.map((span) => Date.parse(span.start_time) * 1000 + span.duration_us));
  const errors = spans.filter((span) => span.status === "ERROR").length;
  return { trace_id: traceId, root_service: stand.service_name, root_operation: stand.operation_name, root_missing: root === undefined, services: [...new Set(spans.map((span) => span.service_name))].sort(), start_time: first.start_time, duration_us: root ? root.duration_us : endUs - startUs, span_count: spans.length, error_count: errors, status: errors > 0 ? "ERROR" : stand.status };
}

/** All traces, newest first, each with its summary; and all logs, newest first. */
export function makeFixtures(count = 240) {
  const now = Date.now() * 1000;
  const traces = [];
  for (let index = 0; index < count; index += 1) {
    const startUs = now - (index * index * 60 + index * 4_000_000 + 6_000_000) - between(0, 2_000_000);
    const shape = index === 3 ? checkout(true) : index === 7 ? nPlusOne() : index % 5 === 0 ? checkout(index % 20 === 15) : index === 11 ? checkout(false) : pick(small)();
    const trace = traceOf(shape, startUs);
    if (index === 11) trace.spans = trace.spans.filter((span, at) => at !== 0 && at !== 9);
    if (index === 3) trace.spans[0].links.push({ trace_id: hex(32), span_id: hex(16), trace_state: "", attributes: { "link.reason": "retry of" } });
    traces.push({ ...trace, summary: summary(trace) });
  }
  const logs = traces.flatMap((trace) => trace.logs).sort((a, b) => (a.timestamp < b.timestamp ? 1 : -1));
  logs.forEach((log, at) => (log.id = String(1_000_000 - at)));
  return { traces, logs };
}
