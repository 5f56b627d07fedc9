import { QueryClient } from "@tanstack/react-query";
import { expect, it, onTestFinished } from "vitest";
import { fetchPage } from "./routes";

const asked = (path: string) => {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  onTestFinished(() => client.clear());
  fetchPage(path, client);
  return client.getQueryCache().getAll().map(({ queryKey }) => queryKey);
};

it("asks for the outline of a trace before the page that draws it is there", () => {
  expect(asked(`/traces/${"a".repeat(32)}`)).toEqual([["trace outline", "a".repeat(32)]]);
});

it.each(["/traces", "/traces/", "/logs", "/"])("asks for nothing in advance on %s", (path) => {
  expect(asked(path)).toEqual([]);
});
