/** Owns the JSON tab: the answer of the API, as it came, line by line; of a large trace it offers the download alone. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Braces, Download } from "lucide-react";
import { useMemo } from "react";
import { traceQuery } from "../../api/queries";
import type { TraceOutline } from "../../api/readOutline";
import type { TraceResponse } from "../../api/types";
import { CopyIcon } from "../../components/CopyIcon";
import { EmptyPanel, ErrorPanel, SkeletonRows } from "../../components/Panels";
import { ListFacts } from "../../components/Toolbar";
import { useRows } from "../../components/useRows";
import { counted } from "../../lib/count";
import classes from "./TraceJson.module.css";
import { wholeUpTo } from "./useDetails";

function DownloadLink({ traceId }: { traceId: string }) {
  return (
    <Button component="a" href={`/api/traces/${traceId}`} download={`trace-${traceId}.json`} size="compact-xs" variant="default" leftSection={<Download size={13} />}>
      Download
    </Button>
  );
}

function Lines({ data }: { data: TraceResponse }) {
  const text = useMemo(() => JSON.stringify(data, null, 2), [data]);
  const lines = useMemo(() => text.split("\n"), [text]);
  const { scroller, first, end, height } = useRows({ count: lines.length, rowHeight: 18 });
  return (
    <div className={classes.json}>
      <ListFacts>
        <span>{counted(lines.length, "line")}</span>
        <CopyIcon text={text} label="Copy the JSON" />
        <DownloadLink traceId={data.trace.trace_id} />
      </ListFacts>
      <div ref={scroller} className={classes.body} tabIndex={0} role="region" aria-label="The trace as JSON">
        <div style={{ height, position: "relative" }}>
          {lines.slice(first, end).map((line, step) => (
            <pre key={first + step} className={classes.line} style={{ transform: `translateY(${(first + step) * 18}px)` }}>
              <span className={classes.number}>{first + step + 1}</span>
              {line}
            </pre>
          ))}
        </div>
      </div>
    </div>
  );
}

export default function TraceJson({ outline: { trace, tree } }: { outline: TraceOutline }) {
  const large = tree.spanCount > wholeUpTo;
  const query = useQuery({ ...traceQuery(trace.trace_id), enabled: !large });
  if (large) {
    return (
      <EmptyPanel icon={Braces} title={`${counted(tree.spanCount, "span")} are too many to show as text`} text="The whole trace, as the API answers it:">
        <DownloadLink traceId={trace.trace_id} />
      </EmptyPanel>
    );
  }
  if (query.data === undefined) return query.isError ? <ErrorPanel title="The trace could not be loaded" error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows height={18} count={30} />;
  return <Lines data={query.data} />;
}
