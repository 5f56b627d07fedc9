/** Owns the parts of a span: pinned attributes, its own, log records, events, links, resource and scope. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Log, Span } from "../../api/types";
import { type AttributeActions, AttributeList, AttributePreview, scopeFacts } from "../../components/AttributeList";
import { Section } from "../../components/Section";
import { Severity, severityColor } from "../../components/Severity";
import { oneLine } from "../../lib/attributes";
import { formatDuration } from "../../lib/duration";
import { toMicros } from "../../lib/moment";
import type { SpanTree } from "../../lib/spanTree";
import classes from "./SpanDetail.module.css";

function Events({ span, startUs }: { span: Span; startUs: number }) {
  return (
    <ol className={classes.events}>
      {span.events.map((event, at) => (
        <li key={at}>
          <div className={classes.eventHead}>
            <span className={classes.offset}>{formatDuration(toMicros(event.time) - startUs)}</span>
            <strong>{event.name}</strong>
            {event.name === "exception" && <span className={classes.offset}>shown above</span>}
          </div>
          {event.name !== "exception" && Object.keys(event.attributes).length > 0 && <AttributeList attributes={event.attributes} flat />}
        </li>
      ))}
    </ol>
  );
}

function SpanLogs({ logs, startUs }: { logs: Log[]; startUs: number }) {
  return (
    <ol className={classes.logs}>
      {logs.map((log) => (
        <li key={log.id} style={{ borderLeftColor: severityColor(log.severity) }}>
          <span className={classes.offset}>{formatDuration(toMicros(log.timestamp) - startUs)}</span>
          <Severity severity={log.severity} />
          <span className={classes.body}>{oneLine(log.body)}</span>
        </li>
      ))}
    </ol>
  );
}

function Links({ span }: { span: Span }) {
  return (
    <ul className={classes.links}>
      {span.links.map((link, at) => (
        <li key={at}>
          <Link to="/traces/$traceId" params={{ traceId: link.trace_id }} search={{ span: link.span_id } as never}>
            trace {link.trace_id.slice(0, 8)} · span {link.span_id.slice(0, 8)}
          </Link>
          {Object.keys(link.attributes).length > 0 && <AttributeList attributes={link.attributes} flat />}
        </li>
      ))}
    </ul>
  );
}

type Props = { span: Span; tree: SpanTree; logs: Log[]; actions: AttributeActions; children?: ReactNode };

/** `children` come after the log records. */
export function SpanParts({ span, tree, logs, actions, children }: Props) {
  const { pinned = [] } = actions;
  const scope = scopeFacts(span.scope);
  return (
    <>
      {pinned.length > 0 && (
        <Section title="Pinned" count={pinned.length}>
          <AttributeList attributes={Object.fromEntries(pinned.map((key) => [key, span.attributes[key] ?? span.resource[key]]))} target="/traces" actions={actions} flat />
        </Section>
      )}
      <Section title="Attributes" count={Object.keys(span.attributes).length}>
        <AttributeList attributes={span.attributes} target="/traces" actions={actions} />
      </Section>
      {logs.length > 0 && (
        <Section title="Logs" count={logs.length}>
          <SpanLogs logs={logs} startUs={tree.startUs} />
        </Section>
      )}
      {children}
      {span.events.length > 0 && (
        <Section title="Events" count={span.events.length}>
          <Events span={span} startUs={tree.startUs} />
        </Section>
      )}
      {span.links.length > 0 && (
        <Section title="Links" count={span.links.length}>
          <Links span={span} />
        </Section>
      )}
      <Section title="Resource" count={Object.keys(span.resource).length} startOpen={false} preview={<AttributePreview attributes={span.resource} />}>
        <AttributeList attributes={span.resource} target="/traces" actions={actions} />
      </Section>
      <Section title="Scope" startOpen={false} preview={<AttributePreview attributes={scope} />}>
        <AttributeList attributes={scope} flat />
      </Section>
    </>
  );
}
