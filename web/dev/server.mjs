/** Serves dev/fixtures.mjs on the API's routes, for looking at the pages; PORT (8080) and FIXTURES=empty are read from the environment. */
import { createServer } from "node:http";
import { columnsOf } from "./columns.mjs";
import { makeFixtures } from "./fixtures.mjs";

const empty = process.env.FIXTURES === "empty";
const { traces, logs } = empty ? { traces: [], logs: [] } : makeFixtures();
const units = { s: 1, m: 60, h: 3600, d: 86_400 };

function moment(text, fallback) {
  if (text === null) return fallback;
  const relative = /^now(?:-(\d+)([smhd]))?$/.exec(text);
  if (relative === null) return Date.parse(text);
  return Date.now() - Number(relative[1] ?? 0) * (units[relative[2]] ?? 0) * 1000;
}

function micros(text) {
  const match = /^([\d.]+)(us|µs|ms|s|m)?$/.exec(text ?? "");
  return match === null ? null : Number(match[1]) * ({ ms: 1e3, s: 1e6, m: 6e7 }[match[2]] ?? 1);
}

function page(items, query, name) {
  const limit = Number(query.get("limit") ?? 50);
  const from = Number(query.get("cursor") ?? query.get("offset") ?? 0);
  const next = from + limit < items.length ? String(from + limit) : null;
  return { [name]: items.slice(from, from + limit), total: items.length, limit, offset: from, next_cursor: next };
}

const inRange = (query, text) => Date.parse(text) >= moment(query.get("start"), 0) && Date.parse(text) < moment(query.get("end"), Infinity);

function findTraces(query) {
  const services = query.getAll("service_name");
  const [low, high] = [micros(query.get("min_duration")) ?? 0, micros(query.get("max_duration")) ?? Infinity];
  const field = { duration: "duration_us" }[query.get("sort_by")] ?? query.get("sort_by") ?? "start_time";
  const words = (query.get("search") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const found = traces
    .filter(({ summary, spans }) => inRange(query, summary.start_time) && (services.length === 0 || services.some((name) => summary.services.includes(name))) && (query.get("status") === null || summary.status === query.get("status")) && summary.duration_us >= low && summary.duration_us <= high && words.every((word) => JSON.stringify(spans).toLowerCase().includes(word)))
    .map(({ summary }) => summary);
  const value = (summary) => (field === "service" ? summary.root_service : summary[field]);
  found.sort((a, b) => (value(a) < value(b) ? -1 : 1) * (query.get("order_by") === "asc" ? 1 : -1));
  return page(found, query, "traces");
}

function findLogs(query) {
  const services = query.getAll("service_name");
  const severities = query.getAll("severity");
  const word = (query.get("search") ?? "").toLowerCase();
  return page(logs.filter((log) => inRange(query, log.timestamp) && (services.length === 0 || services.includes(log.service_name)) && (severities.length === 0 || severities.includes(log.severity)) && (query.get("trace_id") ?? log.trace_id) === log.trace_id && JSON.stringify(log.body).toLowerCase().includes(word)), query, "logs");
}

function answer(path, query) {
  if (path === "/api/traces") return findTraces(query);
  if (path === "/api/logs") return findLogs(query);
  if (path === "/api/metadata/services") return [...new Set(traces.flatMap(({ summary }) => summary.services))].sort();
  if (path === "/api/health") return { status: "ok", ingestion_rate: empty ? 0 : 184.2, ingested_total: empty ? 0 : 20_412, dlq_size: 0, dlq_bytes: 0, active_connections: 1, db_latency_p99_ms: 3.2, writer_status: "OK", queue_depth: 0, disk: {}, receivers: { grpc_port: 4317, otlp_http_port: 4318 } };
  const id = /^\/api\/traces\/(\w+)$/.exec(path)?.[1];
  const trace = traces.find(({ traceId }) => traceId === id);
  if (trace && query.get("view") === "columns") return { trace: trace.summary, columns: columnsOf(trace.spans), logs_total: trace.logs.length };
  return trace && { trace: trace.summary, spans: trace.spans, logs: trace.logs.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1)), logs_total: trace.logs.length };
}

createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const body = answer(url.pathname, url.searchParams);
  response.writeHead(body ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(body ?? { error: { code: "not_found", message: `nothing at ${url.pathname}` } }));
}).listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
