/** Owns everything one span says: the error first, then attributes, events, logs, links, resource and scope. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Log, Span } from "../../api/types";
import { AttributeList, AttributePreview, scopeFacts } from "../../components/AttributeList";
import { CopyIcon } from "../../components/CopyIcon";
import { ErrorBlock } from "../../components/ErrorBlock";
import { Section } from "../../components/Section";
import { Service } from "../../components/Service";
import { Severity, severityColor } from "../../components/Severity";
import { oneLine } from "../../lib/attributes";
import { formatDuration } from "../../lib/duration";
import { exceptionsOf, failureOf } from "../../lib/exceptions";
import { toMicros } from "../../lib/moment";
import { isSpan, nodeAt, pathTo, type SpanTree } from "../../lib/spanTree";
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

function droppedOf(span: Span): string | null {
  const dropped = [
    [span.dropped_attributes_count, "attributes"],
    [span.dropped_events_count, "events"],
    [span.dropped_links_count, "links"],
  ] as const;
  const named = dropped.filter(([count]) => count > 0).map(([count, noun]) => `${count} ${noun}`);
  return named.length === 0 ? null : `The SDK dropped ${named.join(", ")} of this span.`;
}

/** `children` come after the log records. */
type Props = { at: number; span: Span; tree: SpanTree; logs: Log[]; onSelect: (at: number) => void; children?: ReactNode };

export function SpanDetail({ at, span, tree, logs, onSelect, children }: Props) {
  const node = nodeAt(tree, at);
  const exceptions = exceptionsOf(span);
  const above = pathTo(tree, at).findLast((step) => isSpan(tree, step));
  const parent = above === undefined ? undefined : nodeAt(tree, above);
  const dropped = droppedOf(span);
  const scope = scopeFacts(span.scope);
  return (
    <article className={classes.detail}>
      <header className={classes.head}>
        <h2>{span.operation_name}</h2>
        <div className={classes.facts}>
          <Service name={span.service_name} strong />
          <span>{span.kind.toLowerCase()}</span>
          <span>
            <b>{formatDuration(span.duration_us)}</b> from {formatDuration(node.startUs)}
          </span>
          {node.count > 1 && <span title="Time in which no span below this one runs">{formatDuration(node.selfUs)} itself</span>}
          <span className={classes.id}>
            {span.span_id}
            <CopyIcon text={span.span_id} label="Copy the span id" size={20} />
          </span>
        </div>
        {parent !== undefined && (
          <button type="button" className={classes.parent} onClick={() => onSelect(parent.at)}>
            in {parent.service} · {parent.operation}
          </button>
        )}
      </header>
      {(span.status === "ERROR" || exceptions.length > 0) && <ErrorBlock status={span.status} message={exceptions.length > 0 ? span.status_message : failureOf(span)} exceptions={exceptions} />}
      {dropped !== null && <p className={classes.dropped}>{dropped}</p>}
      <Section title="Attributes" count={Object.keys(span.attributes).length}>
        <AttributeList attributes={span.attributes} target="/traces" />
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
        <AttributeList attributes={span.resource} target="/traces" />
      </Section>
      <Section title="Scope" startOpen={false} preview={<AttributePreview attributes={scope} />}>
        <AttributeList attributes={scope} flat />
      </Section>
    </article>
  );
}
