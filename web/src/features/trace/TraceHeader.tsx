/** Owns the facts of a trace: what it was, when, how long, how much. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useCanGoBack, useRouter } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import type { TraceSummary } from "../../api/types";
import { CopyIcon } from "../../components/CopyIcon";
import { ErrorMark } from "../../components/ErrorMark";
import { Service } from "../../components/Service";
import { useNow } from "../../components/useNow";
import { formatCount } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { formatAgo, formatExact } from "../../lib/moment";
import { PinButton } from "./PinButton";
import classes from "./TraceHeader.module.css";

function Fact({ name, children, alarming = false }: { name: string; children: ReactNode; alarming?: boolean }) {
  return (
    <div className={classes.fact} data-alarming={alarming || undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function BackButton() {
  const router = useRouter();
  const canGoBack = useCanGoBack();
  const back = () => (canGoBack ? router.history.back() : void router.navigate({ to: "/traces" }));
  return (
    <Tooltip label="Back">
      <ActionIcon variant="subtle" color="gray" aria-label="Back" onClick={back}>
        <ArrowLeft size={17} />
      </ActionIcon>
    </Tooltip>
  );
}

export function TraceHeader({ trace, depth }: { trace: TraceSummary; depth: number }) {
  const now = useNow();
  const [day, clock = "", zone = ""] = formatExact(trace.start_time).split(" ");
  return (
    <header className={classes.header}>
      <div className={classes.title}>
        <BackButton />
        {trace.error_count > 0 && <ErrorMark size={17} label="has errors" />}
        <h1 title={trace.root_operation}>{trace.root_operation}</h1>
        <span className={classes.service}>
          <Service name={trace.root_service} />
        </span>
        <span className={classes.id}>
          <Tooltip label={trace.trace_id}>
            <code>{trace.trace_id.slice(0, 8)}</code>
          </Tooltip>
          <CopyIcon text={trace.trace_id} label="Copy the trace id" />
        </span>
        <PinButton traceId={trace.trace_id} />
        {trace.root_missing && <span className={classes.missing}>root missing</span>}
      </div>
      <dl className={classes.facts}>
        <Fact name="Started">
          <time dateTime={trace.start_time} title={`${day} ${clock} ${zone}`}>
            {day} {clock.slice(0, 8)}
            <span className={classes.faint}>{clock.slice(8, 12)}</span>
          </time>
          <span className={classes.faint}> · {formatAgo(trace.start_time, now)}</span>
        </Fact>
        <Fact name="Duration">{formatDuration(trace.duration_us)}</Fact>
        <Fact name="Services">{formatCount(trace.services.length)}</Fact>
        <Fact name="Spans">{formatCount(trace.span_count)}</Fact>
        <Fact name="Depth">{formatCount(depth)}</Fact>
        <Fact name="Errors" alarming={trace.error_count > 0}>
          {formatCount(trace.error_count)}
        </Fact>
      </dl>
    </header>
  );
}
