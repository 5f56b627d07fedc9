import { describe, expect, it } from "vitest";
import { idOf } from "../../lib/spanTree";
import { aSpan, at, aTree, nameOf } from "../../testing/builders";
import { firstOfInterest } from "./useTimeline";

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
