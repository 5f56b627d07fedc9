/** Starts the whole front end at an address, against a real HTTP server that gives the test's answers. */
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import axe from "axe-core";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { columnsOf } from "../../dev/columns.mjs";
import type { TraceResponse } from "../api/types";
import { makeRouter } from "../routes";
import { theme } from "../theme";

/** Path to answer; a function sees the query, `{status, body}` answers otherwise than 200. */
export type Answers = Record<string, unknown>;
type Refusal = { status: number; body: unknown };
const isRefusal = (answer: unknown): answer is Refusal => typeof answer === "object" && answer !== null && "status" in answer && "body" in answer;

export const refuse = (status: number, code: string, message: string): Refusal => ({ status, body: { error: { code, message } } });

export const health = { status: "ok", ingestion_rate: 2.5, ingested_total: 10, dlq_size: 0, dlq_bytes: 0, active_connections: 0, db_latency_p99_ms: 1, writer_status: "OK", queue_depth: 0, disk: {}, retention: { traces_days: 7, logs_days: 7, rollups_days: 90, bytes: 0 }, ai: { enabled: false, model: null, state: "disabled", queue_depth: 0, tokens_per_hour: 0, tokens_used: 0, tokens_left: 0, problem: null }, receivers: { grpc_port: 14317, otlp_http_port: 14318 } };

const counted = { counted: 0, total: 0, total_is_estimate: false };
const explorer = {
  "/api/traces/facets": { facets: [], ...counted },
  "/api/logs/facets": { facets: [], ...counted },
  "/api/attributes/keys": { keys: [], ...counted },
  "/api/attributes/values": { facets: [], ...counted },
  "/api/logs/histogram": { start: "", end: "", width_ms: 60_000, timestamps: [], series: [], ...counted },
};

/** An answer as `view` asks for it: tests say traces whole. */
function inView(answer: unknown, view: string | null): unknown {
  if (view !== "columns" || isRefusal(answer)) return answer;
  const { trace, spans, logs_total } = answer as TraceResponse;
  return { trace, columns: columnsOf(spans), logs_total };
}

async function serve(answers: Answers): Promise<URL[]> {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    asked.push(url);
    const planned = answers[url.pathname];
    const known = typeof planned === "function" ? planned(url.searchParams) : (planned ?? refuse(404, "not_found", "no such trace"));
    const answer = inView(known, url.searchParams.get("view"));
    response.writeHead(isRefusal(answer) ? answer.status : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(isRefusal(answer) ? answer.body : answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const real = globalThis.fetch;
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  globalThis.fetch = (input) => real(new URL(String(input), base));
  onTestFinished(() => {
    globalThis.fetch = real;
    server.closeAllConnections();
    server.close();
  });
  return asked;
}

/** Opens a page; gives the router and the list of requests, which grows. */
export async function open(address: string, answers: Answers = {}) {
  const asked = await serve({ "/api/metadata/services": ["shop"], "/api/health": health, ...explorer, ...answers });
  const router = makeRouter();
  router.update({ ...router.options, history: createMemoryHistory({ initialEntries: [address] }) });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const view = render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  onTestFinished(() => client.clear());
  return { ...view, router, asked };
}

/** What axe finds wrong on the page, as `rule: element`; colours need a real browser and are left to it. */
export async function accessibilityFaults(): Promise<string[]> {
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  return violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 120)}`));
}
