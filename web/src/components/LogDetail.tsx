/** Owns everything one log record says. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ListTree } from "lucide-react";
import type { Log } from "../api/types";
import { valueText } from "../lib/attributes";
import { exceptionOfLog } from "../lib/exceptions";
import { formatExact } from "../lib/moment";
import { type AttributeActions, AttributeList, AttributePreview, scopeFacts } from "./AttributeList";
import { CopyIcon } from "./CopyIcon";
import classes from "./LogDetail.module.css";
import { ErrorBlock } from "./ErrorBlock";
import { Section } from "./Section";
import { Service } from "./Service";
import { Severity } from "./Severity";

/** The fields of a record besides body, attributes and resource, as far as they say something. */
function facts(log: Log): Record<string, unknown> {
  const all: Record<string, unknown> = {
    timestamp: formatExact(log.timestamp),
    observed_time: log.observed_time === null ? "" : formatExact(log.observed_time),
    severity_text: log.severity_text,
    severity_number: log.severity_number,
    event_name: log.event_name,
    trace_id: log.trace_id ?? "",
    span_id: log.span_id ?? "",
    flags: log.flags,
    dropped_attributes_count: log.dropped_attributes_count,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== "" && value !== 0));
}

export function LogDetail({ log, traceLink = true, actions }: { log: Log; traceLink?: boolean; actions?: AttributeActions }) {
  const body = valueText(log.body, 2);
  const scope = scopeFacts(log.scope);
  const exception = exceptionOfLog(log);
  // the block tells it better
  const attributes = exception === null ? log.attributes : Object.fromEntries(Object.entries(log.attributes).filter(([key]) => key !== "exception.stacktrace"));
  return (
    <article className={classes.detail}>
      <header className={classes.head}>
        <div className={classes.facts}>
          <Severity severity={log.severity} />
          <Service name={log.service_name} strong />
          <span className={classes.time}>{formatExact(log.timestamp)}</span>
        </div>
        <div className={classes.body} data-severity={log.severity}>
          <pre>{body === "" ? "(empty body)" : body}</pre>
          <span className={classes.copy}>
            <CopyIcon text={body} label="Copy the body" />
          </span>
        </div>
        {traceLink && log.trace_id !== null && (
          <Button component={Link} to="/traces/$traceId" params={{ traceId: log.trace_id } as never} search={(log.span_id === null ? {} : { span: log.span_id }) as never} size="xs" variant="light" leftSection={<ListTree size={14} />}>
            {log.span_id === null ? "Open the trace" : "Open the trace at this span"}
          </Button>
        )}
      </header>
      {exception !== null && <ErrorBlock status="ERROR" message="" exceptions={[exception]} />}
      <Section title="Attributes" count={Object.keys(log.attributes).length}>
        <AttributeList attributes={attributes} target="/logs" actions={actions} />
      </Section>
      <Section title="Record">
        <AttributeList attributes={facts(log)} flat />
      </Section>
      <Section title="Resource" count={Object.keys(log.resource).length} startOpen={false} preview={<AttributePreview attributes={log.resource} />}>
        <AttributeList attributes={log.resource} target="/logs" actions={actions} />
      </Section>
      <Section title="Scope" startOpen={false} preview={<AttributePreview attributes={scope} />}>
        <AttributeList attributes={scope} flat />
      </Section>
    </article>
  );
}
