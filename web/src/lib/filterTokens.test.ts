import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { excludeTerm, stateOf, toggleTerm, withoutField, withTerm } from "./filterEdit";
import { fieldsOf } from "./filterFields";
import { faultColumn, tokenize, writingAt } from "./filterTokens";

const kinds = (text: string) => tokenize(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);

describe("reading a filter", () => {
  it("tells keys, values, words and operators apart", () => {
    expect(kinds('service:shop AND (timeout OR -http.route:"/a b")')).toEqual(["key service:", "value shop", "operator AND", "open (", "text timeout", "operator OR", "not -", "key http.route:", 'value "/a b"', "close )"]);
  });
  it("keeps ranges, comparisons and quoted keys whole", () => {
    expect(kinds('duration:[40ms TO 900ms] code:>=500 resource."a key: odd":1')).toEqual(["key duration:", "value [40ms TO 900ms]", "key code:", "value >=500", 'key resource."a key: odd":', "value 1"]);
  });
  it("takes an address as a text and an open quote to the end", () => expect(kinds('https://a.example/x name:"GET /')).toEqual(["text https://a.example/x", "key name:", 'value "GET /']));
  it("never stops on what is broken", () => expect(kinds('\\ " ) - :')).toEqual(["text \\ ", 'text " ) - :']));
  it("splits every example of the documentation without losing a character", () => {
    const examples = [...readFileSync("../docs/query.md", "utf8").matchAll(/^\| `([^`]+)` \|/gm)].map((found) => found[1] ?? "");
    expect(examples.length).toBeGreaterThan(100);
    for (const text of examples) expect(tokenize(text).reduce((left, { start, end }) => left.slice(0, start) + " ".repeat(end - start) + left.slice(end), text).trim(), text).toBe("");
  });
});

describe("what is being written", () => {
  it("is a key until its colon, then a value of it", () => {
    expect(writingAt("serv", 4)).toEqual({ kind: "key", prefix: "serv", from: 0, to: 4 });
    expect(writingAt("status:error service:", 21)).toEqual({ kind: "value", key: "service", prefix: "", from: 13, to: 21, rest: "status:error" });
    expect(writingAt('service:"or', 11)).toMatchObject({ kind: "value", key: "service", prefix: "or" });
  });
  it("is nothing yet at a blank", () => expect(writingAt("status:error ", 13)).toEqual({ kind: "key", prefix: "", from: 13, to: 13 }));
  it("replaces a key with its value when the key is rewritten", () => expect(writingAt("status:error", 3)).toEqual({ kind: "key", prefix: "sta", from: 0, to: 12 }));
});

describe("the server's message", () => {
  it("names the column", () => expect([faultColumn("filter: column 11: expected a value"), faultColumn("too long")]).toEqual([10, null]));
});

describe("choosing terms", () => {
  it("adds, joins with OR within a field, and takes away again", () => {
    const one = toggleTerm("timeout", "service:a");
    const two = toggleTerm(one, "service:b");
    expect([one, two, toggleTerm(two, "service:a"), toggleTerm(toggleTerm(two, "service:a"), "service:b")]).toEqual(["timeout service:a", "timeout (service:a OR service:b)", "timeout service:b", "timeout"]);
  });
  it("knows a term in quotes for the same", () => expect([stateOf('service:"a"', "service:a"), toggleTerm('service:"a" x', "service:a")]).toEqual(["in", "x"]));
  it("leaves values out, and lets them in again", () => {
    const out = excludeTerm("service:a", "status:error");
    expect([out, stateOf(out, "status:error"), excludeTerm(out, "status:error"), excludeTerm("service:a x", "service:a"), toggleTerm("-service:a", "service:a")]).toEqual(["service:a -status:error", "out", "service:a", "x -service:a", "service:a"]);
  });
  it("keeps an OR at the top together", () => expect(withTerm("a OR b", "service:a")).toBe("(a OR b) service:a"));
  it("lets go of one field alone", () => expect(withoutField("(service:a OR service:b) status:error AND x", "service")).toBe("status:error AND x"));
  it("does not touch what it cannot take apart", () => expect([withoutField("(service:a OR x)", "service"), stateOf("service:a OR b", "service:a")]).toEqual(["(service:a OR x)", null]));
});

describe("the fields that are offered", () => {
  // an id that nobody types: it comes from the page of patterns
  const notOffered = new Set(["pattern"]);
  it("are those of the documentation", () => {
    const table = /<!-- fields -->([\s\S]*)<!-- \/fields -->/.exec(readFileSync("../docs/query.md", "utf8"))?.[1] ?? "";
    const rows = [...table.matchAll(/^\| `([^`]+)` \| (both|spans|logs) \|/gm)];
    const named = (of: string) => rows.filter(([, , kind]) => kind === "both" || kind === of).map(([, name]) => name ?? "").filter((name) => !notOffered.has(name)).sort();
    expect(fieldsOf.traces.map(({ name }) => name).sort()).toEqual(named("spans"));
    expect(fieldsOf.logs.map(({ name }) => name).sort()).toEqual(named("logs"));
  });
});
