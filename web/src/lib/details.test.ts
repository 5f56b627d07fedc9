import { describe, expect, it } from "vitest";
import { at, aSpan } from "../testing/builders";
import { groupAttributes, oneLine, valueKind, valueText } from "./attributes";
import { exceptionOfLog, exceptionsOf, failureOf, frameOf, repeats, stackLines } from "./exceptions";
import { httpStatusOf, peerOf, protocolOf } from "./peer";

describe("attributes", () => {
  it("are grouped by namespace, what a reader looks for first on top, single ones together at the end", () => {
    const groups = groupAttributes({ "zebra.a": 1, "http.route": "/", "http.method": "GET", plain: true, "error.type": "Timeout" });
    expect(groups.map((group) => [group.name, group.entries.map((entry) => entry.key)])).toEqual([
      ["error", ["error.type"]],
      ["http", ["http.method", "http.route"]],
      ["other", ["plain", "zebra.a"]],
    ]);
  });

  it("keep their types", () => {
    expect([valueKind("3"), valueKind(3), valueKind(false), valueKind([1]), valueKind(null), valueKind("")]).toEqual(["string", "number", "boolean", "object", "empty", "empty"]);
    expect([valueText("3"), valueText(3), valueText([1, "a"])]).toEqual(["3", "3", '[1,"a"]']);
  });

  it("and bodies fit one line", () => expect([oneLine("a\n  b"), oneLine({ event: "login" })]).toEqual(["a b", '{"event":"login"}']));
});

describe("exceptions", () => {
  const event = (type: string) => ({ name: "exception", time: at(0), attributes: { "exception.type": type, "exception.message": "no", "exception.stacktrace": "x" }, dropped_attributes_count: 0 });

  it("are read from the events, the last one first", () => {
    expect(exceptionsOf(aSpan({ id: "a", events: [event("First"), event("Last")] })).map((found) => found.type)).toEqual(["Last", "First"]);
  });

  it("keep a source line with the frame it belongs to", () => {
    const stack = ["Traceback (most recent call last):", '  File "/usr/lib/python3.11/asyncio/base.py", line 4, in g', "    yield", "    ^^^^^", '  File "/srv/app.py", line 3, in f', "    await g()", "ValueError: no"].join("\n");
    expect(stackLines(stack).map((line) => [line.own, line.frame])).toEqual([[true, false], [false, true], [false, false], [false, false], [true, true], [true, false], [true, false]]);
  });

  it("make a status message that only repeats them superfluous", () => {
    const exception = { type: "httpx.ReadTimeout", message: "", lines: [], time: "" };
    expect([repeats("ReadTimeout: ", exception), repeats("no funds", { ...exception, message: "no funds" }), repeats("payment refused", exception)]).toEqual([true, true, false]);
  });

  it("tell own frames from libraries in several languages", () => {
    const stack = ["Boom: no", "    at run (/app/src/a.ts:1:1)", "    at next (/app/node_modules/x/y.js:2:2)", '  File "/srv/app.py", line 3, in f', '  File "/usr/lib/python3.11/asyncio/base.py", line 4, in g', "\tat shop.Cart.add(Cart.java:5)", "\tat java.base/java.lang.Thread.run(Thread.java:6)"].join("\n");
    expect(stackLines(stack).map((line) => line.own)).toEqual([true, true, false, true, false, true, false]);
  });
});

describe("a frame", () => {
  it("is read in several languages, its file by the last two names", () => {
    const frames = ['  File "/srv/shop/app.py", line 3, in charge', "    at async pay (file:///app/src/pay.ts:10:5)", "    at /app/src/main.js:7:2", "\tat shop.Cart.add(Cart.java:5)", "   at Shop.Cart.Add(Item item) in C:\\src\\Shop\\Cart.cs:line 12", "\t/srv/shop/main.go:42 +0x1d", "/srv/shop/app.rb:8:in 'pay'"];
    expect(frames.map(frameOf).map((frame) => frame && `${frame.name}|${frame.file}:${frame.line}`)).toEqual(["charge|shop/app.py:3", "pay|src/pay.ts:10", "|src/main.js:7", "shop.Cart.add|Cart.java:5", "Shop.Cart.Add(Item item)|Shop/Cart.cs:12", "|shop/main.go:42", "pay|shop/app.rb:8"]);
  });

  it("is nothing else", () => expect(["Boom: no", "    await g()", "", `at ${"(".repeat(5000)}`].map(frameOf)).toEqual([null, null, null, null]));
});

describe("a log record's exception", () => {
  it("is read from its attributes", () => {
    const attributes = { "exception.type": "Boom", "exception.message": "no", "exception.stacktrace": "Boom: no" };
    expect(exceptionOfLog({ attributes, timestamp: at(0) })).toMatchObject({ type: "Boom", message: "no", lines: [{ text: "Boom: no" }] });
    expect(exceptionOfLog({ attributes: { "http.route": "/" }, timestamp: at(0) })).toBeNull();
  });
});

describe("a failure without an exception", () => {
  it("is told by the status message, the HTTP status or the error type", () => {
    const attributes = { "http.response.status_code": 402, "error.type": "402" };
    expect(failureOf(aSpan({ id: "a", status_message: "refused", attributes }))).toBe("refused");
    expect(failureOf(aSpan({ id: "a", attributes }))).toBe("HTTP 402");
    expect(failureOf(aSpan({ id: "a", attributes: { "error.type": "Timeout" } }))).toBe("Timeout");
    expect(failureOf(aSpan({ id: "a" }))).toBe("");
  });
});

describe("what a span says of the other side", () => {
  it("follows the semantic conventions, old and new", () => {
    expect(protocolOf(aSpan({ id: "a", attributes: { "db.system": "mysql" } }))).toBe("database");
    expect(protocolOf(aSpan({ id: "a", attributes: { "http.request.method": "GET" } }))).toBe("http");
    expect(protocolOf(aSpan({ id: "a", kind: "CONSUMER" }))).toBe("messaging");
    expect(httpStatusOf(aSpan({ id: "a", attributes: { "http.status_code": 404 } }))).toBe(404);
  });

  it("names a peer for outgoing calls only", () => {
    const attributes = { "server.address": "api.example" };
    expect([peerOf(aSpan({ id: "a", kind: "CLIENT", attributes })), peerOf(aSpan({ id: "a", kind: "SERVER", attributes }))]).toEqual(["api.example", null]);
  });
});
