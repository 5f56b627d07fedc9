/** Owns the settings a person copies to send data here, per language, for the SDKs as they are today. */

/** Where this Argus receives: the host the browser sees, the ports the server tells. */
export type Target = { host: string; grpcPort: number; httpPort: number };
export type Protocol = "http" | "grpc";
export type Step = { title: string; code: string };
export type Snippet = { id: string; label: string; steps: Step[]; note?: string };

/** Whether a host names only the machine the browser runs on. */
export const isLoopback = (host: string): boolean => host === "localhost" || host.startsWith("127.") || host === "[::1]";

const endpointOf = (target: Target, protocol: Protocol) => `http://${target.host}:${protocol === "grpc" ? target.grpcPort : target.httpPort}`;

function environment(target: Target, protocol: Protocol): string {
  return [
    'export OTEL_SERVICE_NAME="my-service"',
    `export OTEL_EXPORTER_OTLP_ENDPOINT="${endpointOf(target, protocol)}"`,
    `export OTEL_EXPORTER_OTLP_PROTOCOL="${protocol === "grpc" ? "grpc" : "http/protobuf"}"`,
    "export OTEL_TRACES_EXPORTER=otlp",
    "export OTEL_LOGS_EXPORTER=otlp",
    "export OTEL_METRICS_EXPORTER=none",
  ].join("\n");
}

const powershell = (target: Target, protocol: Protocol) =>
  environment(target, protocol)
    .replaceAll(/^export (\w+)=(.*)$/gm, (_, name: string, value: string) => `$env:${name} = "${value.replaceAll('"', "")}"`);

/** Compose reaches the host through the name that Docker gives it. */
const compose = (target: Target, protocol: Protocol) =>
  `services:\n  my-service:\n    environment:\n${environment({ ...target, host: isLoopback(target.host) ? "host.docker.internal" : target.host }, protocol)
    .replaceAll(/^export (\w+)=(.*)$/gm, (_, name: string, value: string) => `      ${name}: "${value.replaceAll('"', "")}"`)}\n    extra_hosts:\n      - "host.docker.internal:host-gateway"`;

const goCode = (protocol: Protocol) => `package telemetry

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptrace${protocol}"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
)

// Start reads OTEL_SERVICE_NAME and OTEL_EXPORTER_OTLP_ENDPOINT.
// Call the function it returns before the program ends.
func Start(ctx context.Context) (func(context.Context) error, error) {
	exporter, err := otlptrace${protocol}.New(ctx)
	if err != nil {
		return nil, err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return provider.Shutdown, nil
}`;

const dotnetCode = `using OpenTelemetry;
using OpenTelemetry.Trace;

var builder = WebApplication.CreateBuilder(args);

builder.Services.AddOpenTelemetry()
    .WithTracing(tracing => tracing
        .AddAspNetCoreInstrumentation()
        .AddHttpClientInstrumentation())
    .WithLogging()
    .UseOtlpExporter();`;

function collector(target: Target, protocol: Protocol): string {
  const name = protocol === "grpc" ? "otlp_grpc/argus" : "otlp_http/argus";
  const where = protocol === "grpc" ? `    endpoint: ${target.host}:${target.grpcPort}\n    tls:\n      insecure: true` : `    endpoint: ${endpointOf(target, "http")}`;
  return `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:14317
      http:
        endpoint: 0.0.0.0:14318

exporters:
  ${name}:
${where}

service:
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [${name}]
    logs:
      receivers: [otlp]
      exporters: [${name}]`;
}

const curl = (target: Target) => `hex() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \\n'; }
now=$(date +%s)
curl -sS -i "${endpointOf(target, "http")}/v1/traces" \\
  -H "Content-Type: application/json" \\
  -d '{"resourceSpans": [{
        "resource": {"attributes": [
          {"key": "service.name", "value": {"stringValue": "curl"}}]},
        "scopeSpans": [{"spans": [{
          "traceId": "'"$(hex 16)"'", "spanId": "'"$(hex 8)"'",
          "name": "hello from curl", "kind": 2,
          "startTimeUnixNano": "'"$((now - 1))"'000000000",
          "endTimeUnixNano": "'"$now"'000000000"}]}]}]}'`;

/** Every snippet for one receiver and one protocol; curl always speaks HTTP. */
export function snippetsFor(target: Target, protocol: Protocol): Snippet[] {
  const env = { title: "Tell the SDK where to send", code: environment(target, protocol) };
  return [
    { id: "environment", label: "Environment", steps: [
        { title: "Shell: understood by every OpenTelemetry SDK", code: environment(target, protocol) },
        { title: "PowerShell", code: powershell(target, protocol) },
        { title: "compose.yaml: a container that sends to this machine", code: compose(target, protocol) },
      ],
    },
    {
      id: "python",
      label: "Python",
      steps: [
        { title: "Install", code: "pip install opentelemetry-distro opentelemetry-exporter-otlp\nopentelemetry-bootstrap --action=install" },
        env,
        { title: "Run", code: "opentelemetry-instrument python app.py" },
      ],
    },
    {
      id: "node",
      label: "Node.js",
      steps: [
        { title: "Install", code: "npm install @opentelemetry/api @opentelemetry/auto-instrumentations-node" },
        env,
        { title: "Run", code: "node --require @opentelemetry/auto-instrumentations-node/register app.js" },
      ],
      note: "Logs written with pino, winston or bunyan are sent along with the traces.",
    },
    {
      id: "java",
      label: "Java",
      steps: [
        { title: "Get the agent", code: "curl -LO https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases/latest/download/opentelemetry-javaagent.jar" },
        env,
        { title: "Run", code: "java -javaagent:opentelemetry-javaagent.jar -jar app.jar" },
      ],
    },
    {
      id: "go",
      label: "Go",
      steps: [
        { title: "Install", code: `go get go.opentelemetry.io/otel go.opentelemetry.io/otel/sdk go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptrace${protocol}` },
        env,
        { title: "Start tracing before anything else", code: goCode(protocol) },
      ],
    },
    {
      id: "dotnet",
      label: ".NET",
      steps: [
        { title: "Install", code: ["OpenTelemetry.Extensions.Hosting", "OpenTelemetry.Exporter.OpenTelemetryProtocol", "OpenTelemetry.Instrumentation.AspNetCore", "OpenTelemetry.Instrumentation.Http"].map((name) => `dotnet add package ${name}`).join("\n") },
        env,
        { title: "Program.cs", code: dotnetCode },
      ],
    },
    {
      id: "collector",
      label: "Collector",
      steps: [{ title: "config.yaml", code: collector(target, protocol) }],
      note: "The receivers listen on 14317 and 14318 so that the Collector can run beside Argus. Before Collector 0.144 the exporters are named otlphttp and otlp.",
    },
    { id: "curl", label: "curl", steps: [{ title: "One span by hand", code: curl(target) }], note: "Answers 200 and {\"partialSuccess\":{}} or {} when the span is stored." },
  ];
}
