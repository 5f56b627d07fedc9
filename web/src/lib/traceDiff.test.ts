import { describe, expect, it } from "vitest";
import { aSpan } from "../testing/builders";
import { attributeDiff, diffTraces } from "./traceDiff";

const named = (id: string, parent: string | null, name: string, more = {}) => aSpan({ id, parent, operation_name: name, us: 10_000, ...more });
const rows = (a: Parameters<typeof diffTraces>[0], b: Parameters<typeof diffTraces>[0]) => diffTraces(a, b).map((row) => `${" ".repeat(row.depth)}${row.operation} ${row.a?.count ?? 0}/${row.b?.count ?? 0} ${row.change}`);

describe("comparing two traces", () => {
  it("merges equal siblings and finds what only one has", () => {
    const a = [named("1", null, "checkout"), named("2", "1", "charge", { from: 10 }), named("3", "1", "mail", { from: 30 })];
    const b = [named("1", null, "checkout"), named("2", "1", "charge", { from: 10 }), named("3", "1", "charge", { from: 20 }), named("4", "1", "refuse", { from: 30 })];
    expect(rows(a, b)).toEqual(["checkout 1/1 same", " charge 1/2 count", " mail 1/0 only-a", " refuse 0/1 only-b"]);
  });

  it("tells failures before counts, and slower from faster beyond noise", () => {
    const a = [named("1", null, "root"), named("2", "1", "x", { from: 1 }), named("3", "1", "y", { from: 2, us: 300 }), named("4", "1", "z", { from: 3, us: 90_000 })];
    const b = [named("1", null, "root", { us: 40_000 }), named("2", "1", "x", { from: 1, status: "ERROR" }), named("3", "1", "y", { from: 2, us: 900 }), named("4", "1", "z", { from: 3, us: 9_000 })];
    expect(rows(a, b)).toEqual(["root 1/1 slower", " x 1/1 errors", " y 1/1 same", " z 1/1 faster"]);
    expect(diffTraces(a, b)[0]?.differsBelow).toBe(true);
  });

  it("counts time of its own without what children cover, overlapping ones once", () => {
    const spans = [named("1", null, "root", { us: 100 }), named("2", "1", "x", { from: 10, us: 40 }), named("3", "1", "x", { from: 30, us: 40 })];
    expect(diffTraces(spans, spans)[0]?.a?.selfUs).toBeCloseTo(40, 0);
  });

  it("keeps spans whose parent never came, and stops at a ring", () => {
    expect(rows([named("1", "lost", "orphan"), named("2", "2", "own parent")], [])).toEqual(["orphan 1/0 only-a", "own parent 1/0 only-a"]);
  });

  it("lists attributes that differ between the slowest of each side", () => {
    const [row] = diffTraces([named("1", null, "x", { attributes: { code: 200, same: 1 } })], [named("1", null, "x", { attributes: { code: 402, same: 1, extra: "y" } })]);
    expect(attributeDiff(row?.a ?? null, row?.b ?? null)).toEqual([{ key: "code", a: 200, b: 402 }, { key: "extra", a: undefined, b: "y" }]);
  });
});
