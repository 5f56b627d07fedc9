// Sends one trace of two spans and one log with the OpenTelemetry JavaScript SDK.
// Usage: node send.mjs <endpoint> <json|proto> <attributes as JSON>; prints what it sent as JSON.
import { context, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter as JsonSpans } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoSpans } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { TracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';

const [endpoint, encoding, attributes] = process.argv.slice(2);
const [Spans, Logs] = encoding === 'json' ? [JsonSpans, JsonLogs] : [ProtoSpans, ProtoLogs];
const resource = resourceFromAttributes({ 'service.name': 'js-shop', 'service.version': '3.1' });

const tracing = new TracerProvider({
  resource,
  spanProcessors: [new SimpleSpanProcessor({ exporter: new Spans({ url: `${endpoint}/v1/traces` }) })],
});
const logging = new LoggerProvider({
  resource,
  processors: [new SimpleLogRecordProcessor({ exporter: new Logs({ url: `${endpoint}/v1/logs` }) })],
});
const tracer = tracing.getTracer('js.lib', '0.1');
const linked = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.SAMPLED };

const root = tracer.startSpan('GET /cart', {
  kind: SpanKind.SERVER,
  attributes: JSON.parse(attributes),
  links: [{ context: linked, attributes: { why: 'retry' } }],
});
const inRoot = trace.setSpan(context.active(), root);
const child = tracer.startSpan('SELECT', { kind: SpanKind.CLIENT }, inRoot);
child.recordException(new TypeError('no such table'));
child.setStatus({ code: SpanStatusCode.ERROR, message: 'no such table' });
child.end();
logging.getLogger('js.lib').emit({
  severityNumber: SeverityNumber.WARN,
  severityText: 'WARN',
  body: { text: 'cart is slow', items: [1, 2] },
  attributes: { ms: 12.5 },
  context: inRoot,
});
root.end();
await tracing.forceFlush();
await logging.forceFlush();
await tracing.shutdown();
await logging.shutdown();

const nanoseconds = ([seconds, rest]) => (BigInt(seconds) * 1_000_000_000n + BigInt(rest)).toString();
const { traceId, spanId } = root.spanContext();
console.log(JSON.stringify({
  traceId,
  rootId: spanId,
  childId: child.spanContext().spanId,
  start: nanoseconds(root.startTime),
  end: nanoseconds(root.endTime),
}));
