import { describe, expect, it } from "vitest";
import { aSpan } from "../testing/builders";
import { revealed, visibleRows } from "./spanRows";
import { buildTree, type SpanTree } from "./spanTree";

const outline = (tree: SpanTree, toggled = new Set<string>()) => visibleRows(tree, toggled).map((row) => `${" ".repeat(row.depth)}${row.node.key}`);

describe("the tree of a trace", () => {
  it("puts children under their parent by start, whatever the order of arrival", () => {
    const tree = buildTree([aSpan({ id: "c", parent: "a", from: 20 }), aSpan({ id: "b", parent: "a", from: 10 }), aSpan({ id: "a", us: 100 })]);
    expect(outline(tree)).toEqual(["a", " b", " c"]);
    expect([tree.depth, tree.durationUs]).toEqual([2, 1020]);
  });

  it("shows a parent that has not arrived as a row of its own, once for all its children", () => {
    const tree = buildTree([aSpan({ id: "b", parent: "gone" }), aSpan({ id: "c", parent: "gone", from: 5 })]);
    expect(outline(tree)).toEqual(["missing/gone", " b", " c"]);
  });

  it("keeps every span when parents form a ring", () => {
    const tree = buildTree([aSpan({ id: "a", parent: "b" }), aSpan({ id: "b", parent: "a", from: 1 }), aSpan({ id: "c", parent: "c", from: 2 })]);
    expect(tree.spans.map((node) => node.key).sort()).toEqual(["a", "b", "c"]);
  });

  it("keeps both spans that share an id", () => {
    const tree = buildTree([aSpan({ id: "a", kind: "CLIENT" }), aSpan({ id: "a", kind: "SERVER", from: 1 })]);
    expect(tree.spans.map((node) => node.key)).toEqual(["a", "a/1"]);
  });

  it("counts spans and errors below a span", () => {
    const tree = buildTree([aSpan({ id: "a" }), aSpan({ id: "b", parent: "a" }), aSpan({ id: "c", parent: "b", status: "ERROR" })]);
    expect([tree.roots[0]?.count, tree.roots[0]?.errors]).toEqual([3, 1]);
  });

  it("of no spans is empty", () => expect(buildTree([])).toMatchObject({ roots: [], durationUs: 0, depth: 0 }));

  it("has no limit of depth", () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => aSpan({ id: `s${at}`, parent: at === 0 ? null : `s${at - 1}`, from: at }));
    expect(visibleRows(buildTree(chain), new Set())).toHaveLength(20_000);
  });
});

const repeated = (failing = -1) => [
  aSpan({ id: "root", us: 10_000 }),
  ...Array.from({ length: 6 }, (_, at) => aSpan({ id: `r${at}`, parent: "root", from: at * 100, us: at === 2 ? 90 : 10 + at, operation_name: "hydrate", status: at === failing ? "ERROR" : "UNSET" })),
];

describe("repeated siblings", () => {
  it("fold into one row that names its slowest", () => {
    expect(outline(buildTree(repeated()))).toEqual(["root", " group/r0", "  r2"]);
  });

  it("show the failed one too", () => {
    const rows = visibleRows(buildTree(repeated(4)), new Set());
    expect(rows.slice(2).map((row) => [row.node.key, row.note])).toEqual([["r2", "slowest"], ["r4", "failed"]]);
  });

  it("open to all of them", () => expect(outline(buildTree(repeated()), new Set(["group/r0"]))).toHaveLength(8));

  it("say their median and their maximum", () => {
    expect(buildTree(repeated()).roots[0]?.children[0]).toMatchObject({ kind: "group", p50Us: 13, maxUs: 90 });
  });

  it("stay apart below five", () => expect(outline(buildTree(repeated().slice(0, 5)))).toHaveLength(5));
});

describe("rows", () => {
  it("hide what is below a closed span", () => {
    const tree = buildTree([aSpan({ id: "a" }), aSpan({ id: "b", parent: "a" })]);
    expect(outline(tree, new Set(["a"]))).toEqual(["a"]);
  });

  it("are opened down to a span that a link names", () => {
    const tree = buildTree(repeated());
    const toggled = revealed(tree, new Set(["root"]), "r5");
    expect(visibleRows(tree, toggled).some((row) => row.node.key === "r5")).toBe(true);
  });
});
