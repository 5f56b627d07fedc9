import { describe, expect, it } from "vitest";
import { aSpan, aTree, nameOf, spanId } from "../testing/builders";
import { criticalPathOf, pathShares, stretchesOf } from "./criticalPath";
import { frameAt, framesInTime, framesMerged, neighbour } from "./flame";
import { mapOfTrace, operationSums, spansInOrder, statisticsCsv, sumsByService } from "./spanStats";
import { findSpan } from "./spanTree";

/** a calls b (10 to 40) and, while b runs, c (20 to 90); after c nothing until 100. */
const trace = () =>
  aTree([
    aSpan({ id: "a", us: 100, service_name: "web" }),
    aSpan({ id: "b", parent: "a", from: 10, us: 30, service_name: "cart" }),
    aSpan({ id: "c", parent: "a", from: 20, us: 70, service_name: "stock", status: "ERROR" }),
    aSpan({ id: "d", parent: "c", from: 30, us: 10, service_name: "stock" }),
    aSpan({ id: "late", parent: "a", from: 95, us: 50, service_name: "mail" }),
  ]);

describe("the critical path", () => {
  it("goes back from the end to the call that ended last, and leaves out what nobody waited for", () => {
    const tree = trace();
    const path = criticalPathOf(tree);
    const told = ["a", "b", "c", "d", "late"].map((id) => stretchesOf(path, findSpan(tree, spanId(id))).map(({ from, to }) => [from, to]));
    expect(told).toEqual([[[0, 20], [90, 100]], [], [[20, 30], [40, 90]], [[30, 40]], []]);
  });

  it("is shared out among the services, the whole of it", () => {
    const tree = trace();
    const shares = pathShares(tree, criticalPathOf(tree));
    expect(shares.map(({ service, us }) => [service, us])).toEqual([["stock", 70], ["web", 30]]);
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });

  it("of no spans is empty", () => expect(criticalPathOf(aTree([])).nodes).toHaveLength(0));

  it("has no limit of depth", () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => aSpan({ id: `s${at}`, parent: at === 0 ? null : `s${at - 1}`, from: at, us: 40_000 - 2 * at }));
    expect(criticalPathOf(aTree(chain)).nodes.length).toBeGreaterThan(19_999);
  });
});

describe("the statistics of a trace", () => {
  it("sum up spans by service and operation, those with the most own time first", () => {
    const sums = operationSums(trace());
    expect(sums.map(({ operation, selfUs }) => [operation, selfUs])).toEqual([["op c", 60], ["op late", 50], ["op b", 30], ["op a", 15], ["op d", 10]]);
    expect(sumsByService(sums).map(({ service, count, errors, totalUs }) => [service, count, errors, totalUs])).toEqual([["stock", 2, 1, 80], ["mail", 1, 0, 50], ["cart", 1, 0, 30], ["web", 1, 0, 100]]);
  });

  it("are written as CSV in which nothing runs as a formula", () => {
    const csv = statisticsCsv(operationSums(aTree([aSpan({ id: "a", operation_name: '=HYPERLINK("x")' })])));
    expect(csv.split("\r\n")[1]).toBe('"shop","\'=HYPERLINK(""x"")",1,0,1000,1000,1000,1000,1000');
  });

  it("count calls from one service to another, not those within one", () => {
    const { nodes, edges } = mapOfTrace(trace());
    expect(nodes.map(({ name, total_calls: calls, error_count: errors }) => [name, calls, errors])).toEqual([["web", 1, 0], ["cart", 1, 0], ["stock", 1, 1], ["mail", 1, 0]]);
    expect(edges.map(({ source, target }) => `${source} ${target}`)).toEqual(["web cart", "web stock", "web mail"]);
  });

  it("list spans in any order, and only those with a text", () => {
    const tree = trace();
    const ids = (...order: Parameters<typeof spansInOrder> extends [unknown, ...infer Rest] ? Rest : never) => [...spansInOrder(tree, ...order)].map((at) => nameOf(tree, at));
    expect(ids("duration", true, "")).toEqual(["a", "c", "late", "b", "d"]);
    expect(ids("service", false, "")).toEqual(["b", "late", "c", "d", "a"]);
    expect(ids("start", false, "STOCK")).toEqual(["c", "d"]);
  });
});

describe("the flame graph", () => {
  it("in time puts what runs at once in different lanes, below the caller", () => {
    const frames = framesInTime(trace());
    expect([...frames.levels]).toEqual([0, 1, 2, 3, 1]);
    expect([frames.from[2], frames.to[2]].map((share) => Math.round((share ?? 0) * 145))).toEqual([20, 90]);
  });

  it("merged is one frame for each path of calls, as wide as the own time on it", () => {
    const spans = [aSpan({ id: "r", us: 100 }), ...[0, 1, 2].map((at) => aSpan({ id: `q${at}`, parent: "r", from: at * 20, us: 20, operation_name: "SELECT" }))];
    const frames = framesMerged(aTree(spans));
    expect([frames.size, [...frames.counts], frames.to[1]]).toEqual([2, [1, 3], 0.6]);
  });

  it("is walked by arrows and found by place", () => {
    const frames = framesMerged(trace());
    const child = neighbour(frames, 0, "ArrowDown");
    expect([neighbour(frames, -1, "ArrowDown"), neighbour(frames, child, "ArrowUp"), neighbour(frames, child, "ArrowRight")]).toEqual([0, 0, child + 1]);
    expect([frameAt(frames, 0.5, 0), frameAt(frames, 0.5, 9)]).toEqual([0, -1]);
  });
});
