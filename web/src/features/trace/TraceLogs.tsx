/** Owns the logs tab: every record of the trace, and the events of its spans, on the trace's own clock. */
import { Button, Drawer } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ScrollText, Sparkles } from "lucide-react";
import { useMemo, useState } from "react";
import type { TraceOutline } from "../../api/readOutline";
import type { Log } from "../../api/types";
import { LogDetail } from "../../components/LogDetail";
import { LogList } from "../../components/LogList";
import { EmptyPanel } from "../../components/Panels";
import { ListFacts } from "../../components/Toolbar";
import { counted, formatCount } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { withEvents } from "../../lib/eventLogs";
import { equals } from "../../lib/filterText";
import { toMicros } from "../../lib/moment";
import { between, rangeParams } from "../../lib/timeRange";
import { useSearchParams } from "../../url/useSearchParams";
import timeline from "./Timeline.module.css";
import { useDetails } from "./useDetails";

const noRows: number[] = [];

const marginMs = 60_000;

export default function TraceLogs({ outline }: { outline: TraceOutline }) {
  const [, change] = useSearchParams();
  const [chosen, setChosen] = useState<Log | null>(null);
  const [events, setEvents] = useState(true);
  const { logs, spans, whole } = useDetails(outline, noRows);
  const shown = useMemo(() => (events && whole ? withEvents(logs, spans) : logs), [events, whole, logs, spans]);
  const told = spans.reduce((sum, span) => sum + span.events.length, 0);
  const startUs = toMicros(outline.trace.start_time);
  const startMs = startUs / 1000;
  const ofTrace = { ...rangeParams(between(startMs - marginMs, startMs + outline.trace.duration_us / 1000 + marginMs)), filter: equals("trace_id", outline.trace.trace_id) };
  const offset = (timestamp: string) => {
    const us = toMicros(timestamp) - startUs;
    return us < 0 ? `−${formatDuration(-us)}` : `+${formatDuration(us)}`;
  };
  if (outline.logsTotal === 0 && told === 0) return <EmptyPanel icon={ScrollText} title="No logs belong to this trace" text="A log record belongs to a trace when it carries the trace's id. The OpenTelemetry logging bridges of most SDKs add it." />;
  return (
    <div className={timeline.main} style={{ height: "100%" }}>
      <ListFacts>
        <span>
          <strong>{counted(outline.logsTotal, "record")}</strong>, oldest first
        </span>
        {outline.logsTotal > logs.length && logs.length > 0 && <span>{formatCount(logs.length)} of them are shown</span>}
        {whole && told > 0 && (
          <Button size="compact-xs" variant={events ? "light" : "default"} aria-pressed={events} onClick={() => setEvents(!events)}>
            with {counted(told, "span event")}
          </Button>
        )}
        <Link to="/logs" search={ofTrace as never} className={timeline.elsewhere}>
          Search in these logs
        </Link>
      </ListFacts>
      <LogList logs={shown} selected={chosen?.id ?? null} onSelect={setChosen} traceLinks={false} formatTime={offset} />
      <Drawer opened={chosen !== null} onClose={() => setChosen(null)} title="Record" size={560} padding={0} withOverlay={false} lockScroll={false} trapFocus={false} closeOnClickOutside={false} shadow="xl" classNames={{ header: timeline.drawerHead }} closeButtonProps={{ "aria-label": "Close the record" }}>
        {chosen !== null && (
          <div className={timeline.deeds}>
            {chosen.span_id !== null && (
              <Button size="xs" variant="light" onClick={() => change({ tab: undefined, span: chosen.span_id ?? undefined }, true)}>
                Show its span in the timeline
              </Button>
            )}
            {logs.includes(chosen) && (
              <Button size="xs" variant="default" component={Link} to="/logs" search={{ ...ofTrace, log: chosen.id, at: chosen.timestamp, view: "insight" } as never} leftSection={<Sparkles size={14} />}>
                Insight
              </Button>
            )}
          </div>
        )}
        {chosen !== null && <LogDetail key={chosen.id} log={chosen} traceLink={false} />}
      </Drawer>
    </div>
  );
}
