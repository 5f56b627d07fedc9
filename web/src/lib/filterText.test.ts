import { describe, expect, it } from "vitest";
import { all, equals, oneOf, words } from "./filterText";

describe("writing in the filter language", () => {
  it("escapes quotes and backslashes in values", () => expect(equals("service", 'a"b\\c')).toBe('service:"a\\"b\\\\c"'));
  it("puts an odd key in quotes", () => expect(equals("a key: odd", 1)).toBe('"a key: odd":1'));
  it("keeps numbers and booleans as such", () => expect([equals("attempt", 2), equals("retry", true)]).toEqual(["attempt:2", "retry:true"]));
  it("joins several values with OR", () => expect(oneOf("severity", ["ERROR", "FATAL"])).toBe('(severity:"ERROR" OR severity:"FATAL")'));
  it("says nothing for no values", () => expect(oneOf("service", [])).toBe(""));
  it("takes the words of a search without its operators", () => expect(words('card OR "x:y"')).toBe('"card" "OR" "x" "y"'));
  it("keeps each condition together", () => expect(all(["a OR b", "", " c "])).toBe("(a OR b) (c)"));
  it("leaves a single condition as it is", () => expect(all(["a OR b", ""])).toBe("a OR b"));
});
