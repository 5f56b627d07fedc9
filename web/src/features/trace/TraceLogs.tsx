/** Owns the logs tab: every record of the trace, and the events of its spans, on the trace's own clock. */
import { Button, Drawer } from "@mantine/core";
import { ScrollText } from "lucide-react";
import { useMemo, useState } from "react";
import type { TraceOutline } from "../../api/readSkeleton";
import type { Log } from "../../api/types";
import { LogDetail } from "../../components/LogDetail";
import { LogList } from "../../components/LogList";
import { EmptyPanel } from "../../components/Panels";
import { ListFacts } from "../../components/Toolbar";
import { counted, formatCount } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { withEvents } from "../../lib/eventLogs";
import { toMicros } from "../../lib/moment";
import { useSearchParams } from "../../url/useSearchParams";
import timeline from "./Timeline.module.css";
import { useDetails } from "./useDetails";

const noRows: number[] = [];

export default function TraceLogs({ outline }: { outline: TraceOutline }) {
  const [, change] = useSearchParams();
  const [chosen, setChosen] = useState<Log | null>(null);
  const [events, setEvents] = useState(true);
  const { logs, spans, whole } = useDetails(outline, noRows);
  const shown = useMemo(() => (events && whole ? withEvents(logs, spans) : logs), [events, whole, logs, spans]);
  const told = spans.reduce((sum, span) => sum + span.events.length, 0);
  const startUs = toMicros(outline.trace.start_time);
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
      </ListFacts>
      <LogList logs={shown} selected={chosen?.id ?? null} onSelect={setChosen} traceLinks={false} formatTime={offset} />
      <Drawer opened={chosen !== null} onClose={() => setChosen(null)} title="Record" size={560} padding={0} withOverlay={false} lockScroll={false} trapFocus={false} closeOnClickOutside={false} shadow="xl" classNames={{ header: timeline.drawerHead }} closeButtonProps={{ "aria-label": "Close the record" }}>
        {chosen !== null && chosen.span_id !== null && (
          <Button size="xs" variant="light" m="12px 16px 0" onClick={() => change({ tab: undefined, span: chosen.span_id ?? undefined }, true)}>
            Show its span in the timeline
          </Button>
        )}
        {chosen !== null && <LogDetail key={chosen.id} log={chosen} traceLink={false} />}
      </Drawer>
    </div>
  );
}
