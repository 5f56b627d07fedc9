/** Owns the logs tab: every record of the trace on the trace's own clock. */
import { Button, Drawer } from "@mantine/core";
import { ScrollText } from "lucide-react";
import { useState } from "react";
import type { Log, TraceResponse } from "../../api/types";
import { LogDetail } from "../../components/LogDetail";
import { LogList } from "../../components/LogList";
import { EmptyPanel } from "../../components/Panels";
import { ListFacts } from "../../components/Toolbar";
import { counted, formatCount } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { toMicros } from "../../lib/moment";
import { useSearchParams } from "../../url/useSearchParams";
import timeline from "./Timeline.module.css";

export function TraceLogs({ data }: { data: TraceResponse }) {
  const [, change] = useSearchParams();
  const [chosen, setChosen] = useState<Log | null>(null);
  const startUs = toMicros(data.trace.start_time);
  const offset = (timestamp: string) => {
    const us = toMicros(timestamp) - startUs;
    return us < 0 ? `−${formatDuration(-us)}` : `+${formatDuration(us)}`;
  };
  if (data.logs.length === 0) return <EmptyPanel icon={ScrollText} title="No logs belong to this trace" text="A log record belongs to a trace when it carries the trace's id. The OpenTelemetry logging bridges of most SDKs add it." />;
  return (
    <div className={timeline.main} style={{ height: "100%" }}>
      <ListFacts>
        <span>
          <strong>{counted(data.logs_total ?? data.logs.length, "record")}</strong>, oldest first
        </span>
        {(data.logs_total ?? 0) > data.logs.length && <span>the first {formatCount(data.logs.length)} are shown</span>}
      </ListFacts>
      <LogList logs={data.logs} selected={chosen?.id ?? null} onSelect={setChosen} traceLinks={false} formatTime={offset} />
      <Drawer opened={chosen !== null} onClose={() => setChosen(null)} title="Log record" size={560} padding={0} withOverlay={false} lockScroll={false} trapFocus={false} closeOnClickOutside={false} shadow="xl" classNames={{ header: timeline.drawerHead }} closeButtonProps={{ "aria-label": "Close the record" }}>
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
