import { describe, expect, it } from "vitest";
import { aiFacts } from "./ai";

describe("what the health says of the AI", () => {
  it("is nothing without it", () => expect([aiFacts({ status: "ok" }), aiFacts({ ai: null })]).toEqual([null, null]));

  it("is state, model, queue and budget", () => {
    expect(aiFacts({ ai: { enabled: true, state: "ready", model: "small", queue: 3, budget: { tokens_left: 1500, tokens_per_hour: 2000 } } })).toEqual({ enabled: true, state: "ready", model: "small", queue: 3, budget: "1,500 tokens left · 2,000 tokens per hour" });
  });
});
