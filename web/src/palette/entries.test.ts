import { describe, expect, it } from "vitest";
import type { OperationNumbers } from "../api/types";
import { entriesFor, fit, type Known } from "./entries";

const operation = (operation_name: string) => ({ service_name: "order-service", operation_name, kind: "SERVER" }) as OperationNumbers;
const known: Known = { pages: [{ path: "/traces", title: "Traces" }, { path: "/logs", title: "Logs" }], services: ["order-service", "auth-service"], operations: [operation("POST /checkout")], past: { traces: ["status:error"], logs: [] } };
const found = (text: string) => entriesFor(text, known).map(({ group, label }) => `${group}: ${label}`);

describe("the palette", () => {
  it("opens with pages, what was asked before, and services", () => expect(found("")).toEqual(["Pages: Traces", "Pages: Logs", "Asked before: status:error", "Services: order-service", "Services: auth-service"]));
  it("finds an operation, with its service, as a filter", () => {
    expect(entriesFor("checkout", known)[0]).toMatchObject({ label: "POST /checkout", says: "order-service", to: "/traces", search: { filter: 'service:order-service name:"POST /checkout"' } });
  });
  it("opens a trace whose id is pasted", () => expect(entriesFor(` ${"B".repeat(32)}`, known)[0]).toMatchObject({ to: "/traces/$traceId", params: { traceId: "b".repeat(32) } }));
  it("searches for what nothing else fits", () => expect(found("zzz")).toEqual(["Search: zzz", "Search: zzz"]));
  it("puts beginnings first and takes letters in sequence", () => expect([fit("auth-service", "auth"), fit("auth-service", "serv"), fit("auth-service", "uth"), fit("auth-service", "asv"), fit("auth-service", "xyz")]).toEqual([0, 1, 2, 5, null]));
});
