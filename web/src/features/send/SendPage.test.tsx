import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { accessibilityFaults, open } from "../../testing/app";
import { snippetsFor } from "./snippets";

describe("the send data page", () => {
  it("names this host and the ports the server tells, and is accessible", async () => {
    await open("/send");
    expect((await screen.findAllByText("http://localhost:14318")).length).toBeGreaterThan(0);
    expect(screen.getByText("http://localhost:14317")).toBeVisible();
    expect(await accessibilityFaults()).toEqual([]);
  });

  it("tells when the first data arrives", async () => {
    let services: string[] = [];
    await open("/send", { "/api/metadata/services": () => services });
    expect(await screen.findByText("Waiting for the first data")).toBeVisible();
    services = ["checkout"];
    expect(await screen.findByText("Data is arriving")).toBeVisible();
    expect(screen.getByRole("link", { name: "checkout" })).toHaveAttribute("href", "/traces?service=checkout");
  });

  it("keeps language and protocol in its address", async () => {
    const { router } = await open("/send");
    await userEvent.click(await screen.findByRole("tab", { name: "Go" }));
    await userEvent.click(screen.getByRole("radio", { name: "gRPC" }));
    expect(router.state.location.search).toEqual({ language: "go", protocol: "grpc" });
    expect(screen.getByText(/otlptracegrpc\.New\(ctx\)/)).toBeInTheDocument();
  });
});

describe("the snippets", () => {
  const target = { host: "argus.lan", grpcPort: 4317, httpPort: 4318 };
  const codeOf = (id: string, protocol: "http" | "grpc") => snippetsFor(target, protocol).find((snippet) => snippet.id === id)?.steps.map((step) => step.code).join("\n") ?? "";

  it.each(["environment", "python", "node", "java", "go", "dotnet", "collector"])("for %s name the right port for each protocol", (id) => {
    expect(codeOf(id, "http")).toContain("http://argus.lan:4318");
    expect(codeOf(id, "grpc")).toContain("argus.lan:4317");
    expect(codeOf(id, "grpc")).not.toContain(":4318\n");
  });

  it("for curl are valid JSON once the shell has filled them in", () => {
    const body = / {2}-d '(.*)'$/s.exec(codeOf("curl", "http"))?.[1] ?? "";
    const filled = body.replaceAll(/'"\$[^"]*"'/g, "1");
    expect(JSON.parse(filled)).toMatchObject({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: "hello from curl", startTimeUnixNano: "1000000000" }] }] }] });
  });

  it("for a container reach the host when the page was opened on it", () => {
    const compose = snippetsFor({ ...target, host: "localhost" }, "http")[0]?.steps[2]?.code;
    expect(compose).toContain('OTEL_EXPORTER_OTLP_ENDPOINT: "http://host.docker.internal:4318"');
  });
});
