import { describe, expect, it } from "vitest";
import { aSpan, aTree, nameOf, spanId } from "../testing/builders";
import { allCollapsed, noteOf, oneLevel, revealed, rowOf, type Toggled, visibleRows } from "./spanRows";
import { findSpan, nodeAt, type SpanTree } from "./spanTree";

const rowName = (tree: SpanTree, at: number) => `${tree.types[at] === 0 ? "" : `${nodeAt(tree, at).type}/`}${nameOf(tree, at)}`;
const outline = (tree: SpanTree, toggled: Toggled = new Set()) => [...visibleRows(tree, toggled)].map((at) => `${" ".repeat(tree.levels[at] ?? 0)}${rowName(tree, at)}`);
const groupOf = (tree: SpanTree) => tree.types.indexOf(2);

describe("the tree of a trace", () => {
  it("puts children under their parent by start", () => {
    const tree = aTree([aSpan({ id: "c", parent: "a", from: 20 }), aSpan({ id: "b", parent: "a", from: 10 }), aSpan({ id: "a", us: 100 })]);
    expect(outline(tree)).toEqual(["a", " b", " c"]);
    expect([tree.depth, tree.durationUs]).toEqual([2, 1020]);
  });

  it("shows a parent that has not arrived as a row of its own, once for all its children", () => {
    const tree = aTree([aSpan({ id: "b", parent: "gone" }), aSpan({ id: "c", parent: "gone", from: 5 })]);
    expect(outline(tree)).toEqual(["missing/gone", " b", " c"]);
  });

  it("keeps every span when parents form a ring", () => {
    const tree = aTree([aSpan({ id: "a", parent: "b" }), aSpan({ id: "b", parent: "a", from: 1 }), aSpan({ id: "c", parent: "c", from: 2 })]);
    expect(outline(tree).map((line) => line.trim()).sort()).toEqual(["a", "b", "c"]);
  });

  it("keeps both spans that share an id", () => {
    const tree = aTree([aSpan({ id: "a", kind: "CLIENT" }), aSpan({ id: "a", kind: "SERVER", from: 1 })]);
    expect(outline(tree)).toEqual(["a", "a"]);
  });

  it("counts spans and errors below a span", () => {
    const tree = aTree([aSpan({ id: "a" }), aSpan({ id: "b", parent: "a" }), aSpan({ id: "c", parent: "b", status: "ERROR" })]);
    expect(nodeAt(tree, 0)).toMatchObject({ count: 3, errors: 1 });
  });

  it("of no spans is empty", () => expect(aTree([])).toMatchObject({ size: 0, durationUs: 0, depth: 0 }));

  it("finds a span by its id, not the missing parent of that id", () => {
    const tree = aTree([aSpan({ id: "b", parent: "gone" }), aSpan({ id: "c", from: 5 })]);
    expect([findSpan(tree, spanId("c")), findSpan(tree, spanId("gone")), findSpan(tree, spanId("never"))]).toEqual([2, -1, -1]);
  });

  it("does not take the end of one id and the beginning of the next for a third", () => {
    const [one, two] = ["0123456789abcdef", "fedcba9876543210"];
    const tree = aTree([aSpan({ id: one }), aSpan({ id: two, from: 5 })]);
    expect([findSpan(tree, "89abcdeffedcba98"), findSpan(tree, two)]).toEqual([-1, 1]);
  });

  it("knows the time of a span in which nothing below it runs", () => {
    const tree = aTree([aSpan({ id: "a", us: 100 }), aSpan({ id: "b", parent: "a", from: 10, us: 30 }), aSpan({ id: "c", parent: "a", from: 20, us: 30 }), aSpan({ id: "d", parent: "a", from: 90, us: 50 })]);
    expect(nodeAt(tree, 0).selfUs).toBe(50);
  });

  it("has no limit of depth", () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => aSpan({ id: `s${at}`, parent: at === 0 ? null : `s${at - 1}`, from: at }));
    expect(visibleRows(aTree(chain), new Set())).toHaveLength(20_000);
  });
});

const repeated = (failing = -1) => [
  aSpan({ id: "root", us: 10_000 }),
  ...Array.from({ length: 6 }, (_, at) => aSpan({ id: `r${at}`, parent: "root", from: at * 100, us: at === 2 ? 90 : 10 + at, operation_name: "hydrate", status: at === failing ? "ERROR" : "UNSET" })),
];

describe("repeated siblings", () => {
  it("fold into one row that names its slowest", () => {
    expect(outline(aTree(repeated()))).toEqual(["root", " group/r0", "  r2"]);
  });

  it("show the failed one too", () => {
    const tree = aTree(repeated(4));
    const rows = [...visibleRows(tree, new Set())];
    expect(rows.slice(2).map((at) => [nameOf(tree, at), noteOf(tree, new Set(), at)])).toEqual([["r2", "slowest"], ["r4", "failed"]]);
  });

  it("open to all of them", () => {
    const tree = aTree(repeated());
    expect(outline(tree, new Set([groupOf(tree)]))).toHaveLength(8);
  });

  it("say their median and their maximum", () => {
    const tree = aTree(repeated());
    expect(tree.groups.get(groupOf(tree))).toMatchObject({ size: 6, p50Us: 13, maxUs: 90 });
  });

  it("do not count as a level between a call and its caller", () => expect(aTree(repeated()).depth).toBe(2));

  it("stay apart below five", () => expect(outline(aTree(repeated().slice(0, 5)))).toHaveLength(5));
});

describe("rows", () => {
  const chain = () => aTree([aSpan({ id: "a" }), aSpan({ id: "b", parent: "a" }), aSpan({ id: "c", parent: "b" })]);

  it("hide what is below a closed span", () => expect(outline(chain(), new Set([0]))).toEqual(["a"]));

  it("are opened down to a span that a link names", () => {
    const tree = aTree(repeated());
    const at = findSpan(tree, spanId("r5"));
    expect(rowOf(visibleRows(tree, new Set([0])), at)).toBe(-1);
    expect(rowOf(visibleRows(tree, revealed(tree, new Set([0]), at)), at)).toBe(7);
  });

  it("close and open one level at a time", () => {
    const tree = chain();
    const closed = oneLevel(tree, new Set(), false);
    expect(outline(tree, closed)).toEqual(["a", " b"]);
    expect(outline(tree, oneLevel(tree, closed, true))).toHaveLength(3);
  });

  it("all closed leave the roots and what is right below them", () => expect(outline(chain(), allCollapsed(chain()))).toEqual(["a", " b"]));
});
