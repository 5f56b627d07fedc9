import { describe, expect, it } from "vitest";
import { idOf } from "../../lib/spanTree";
import { aSpan, at, aTree, nameOf } from "../../testing/builders";
import { visibleRows } from "../../lib/spanRows";
import { firstOfInterest, toggleDeep } from "./useTimeline";

const told = [{ name: "exception", time: at(5), attributes: {}, dropped_attributes_count: 0 }];
function first(...spans: ReturnType<typeof aSpan>[]) {
  const tree = aTree(spans);
  return nameOf(tree, firstOfInterest(tree, (node) => spans.find((span) => span.span_id === idOf(tree, node))));
}

describe("the span a trace opens at", () => {
  it("is the root when nothing failed", () => expect(first(aSpan({ id: "a" }), aSpan({ id: "b", parent: "a" }))).toBe("a"));

  it("is the deepest failed span", () => {
    expect(first(aSpan({ id: "a", status: "ERROR" }), aSpan({ id: "b", parent: "a", status: "ERROR" }), aSpan({ id: "c", parent: "b" }))).toBe("b");
  });

  it("is the span above it that tells the exception, when it tells none itself", () => {
    expect(first(aSpan({ id: "a", status: "ERROR", events: told }), aSpan({ id: "b", parent: "a", status: "ERROR", events: told }), aSpan({ id: "c", parent: "b", status: "ERROR" }))).toBe("b");
  });

  it("is nothing in an empty trace", () => expect(first()).toBe(""));
});

describe("toggling a whole subtree", () => {
  const tree = () => aTree([aSpan({ id: "a" }), aSpan({ id: "b", parent: "a" }), aSpan({ id: "c", parent: "b" }), aSpan({ id: "d", parent: "c" }), aSpan({ id: "e", parent: "a", from: 5 }), aSpan({ id: "f", parent: "e", from: 5 })]);
  const shown = (at: ReturnType<typeof tree>, toggled: ReadonlySet<number>) => [...visibleRows(at, toggled)].map((node) => nameOf(at, node)).join("");

  it("closes all below, so that opening the span alone shows its children closed", () => {
    const spans = tree();
    const closed = toggleDeep(spans, new Set(), 1);
    expect(shown(spans, closed)).toBe("abef");
    expect(shown(spans, new Set([...closed].filter((at) => at !== 1)))).toBe("abcef");
  });

  it("opens all below, whatever was closed in there", () => {
    const spans = tree();
    expect(shown(spans, toggleDeep(spans, new Set([1, 2]), 1))).toBe("abcdef");
  });

  it("opens a folded group to all of its members, and folds it again", () => {
    const repeated = aTree([aSpan({ id: "a", us: 9000 }), ...Array.from({ length: 6 }, (_, at) => aSpan({ id: `r${at}`, parent: "a", from: at, operation_name: "SELECT" }))]);
    const all = toggleDeep(repeated, new Set(), 1);
    expect(visibleRows(repeated, all)).toHaveLength(8);
    expect(toggleDeep(repeated, all, 1)).toEqual(new Set());
  });
});
