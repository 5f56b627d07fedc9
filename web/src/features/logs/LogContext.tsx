/** Owns what happened around a log record: the lines before and after it, of its service, its trace or everything. */
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { contextQuery } from "../../api/queries";
import type { Log } from "../../api/types";
import { LogList } from "../../components/LogList";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { counted } from "../../lib/count";
import { formatDuration } from "../../lib/duration";
import { toMicros } from "../../lib/moment";
import classes from "./LogContext.module.css";

type Scope = "service" | "trace" | "all";

const windows = ["1s", "10s", "1m", "10m"];

/** The distance from the record in the middle: −12.3 ms, +1.20 s. */
const distance = (from: string) => (timestamp: string) => {
  const us = toMicros(timestamp) - toMicros(from);
  return us === 0 ? "here" : `${us < 0 ? "−" : "+"}${formatDuration(Math.abs(us))}`;
};

export function LogContext({ log, onChoose }: { log: Log; onChoose: (log: Log) => void }) {
  const [scope, setScope] = useState<Scope>("service");
  const [width, setWidth] = useState("1m");
  // the list stays where it is while one walks through it
  const [middle] = useState(log);
  const query = useQuery(contextQuery({ timestamp: middle.timestamp, window: width, service_name: scope === "service" ? middle.service_name : undefined, trace_id: scope === "trace" ? middle.trace_id : undefined }));
  const scopes = [{ value: "service", label: "Its service" }, ...(middle.trace_id === null ? [] : [{ value: "trace", label: "Its trace" }]), { value: "all", label: "Everything" }];
  return (
    <div className={classes.context}>
      <div className={classes.controls}>
        <SegmentedControl size="xs" aria-label="Of what" data={scopes} value={scope} onChange={(value) => setScope(value as Scope)} />
        <SegmentedControl size="xs" aria-label="How far before and after" data={windows.map((value) => ({ value, label: `± ${value}` }))} value={width} onChange={setWidth} />
      </div>
      {query.data === undefined ? (
        query.isError ? <ErrorPanel title="The records around it could not be loaded" error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows height={23} count={16} />
      ) : (
        <>
          <p className={classes.facts} role="status">
            {counted(query.data.logs.length, "record")}, oldest first{query.data.logs.length >= 500 && ": the nearest 500"}
          </p>
          <LogList logs={query.data.logs} selected={log.id} onSelect={onChoose} traceLinks={false} walked={false} anchor={middle.id} formatTime={distance(middle.timestamp)} stale={query.isPlaceholderData} />
        </>
      )}
    </div>
  );
}
