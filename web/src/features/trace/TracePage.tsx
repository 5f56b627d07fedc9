/** Owns the page of one trace: loading it, its tabs, and what is said when it is not there. */
import { Button, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { useEffect, useMemo } from "react";
import { ApiError } from "../../api/client";
import { traceQuery } from "../../api/queries";
import type { TraceResponse } from "../../api/types";
import { EmptyPanel, ErrorPanel, SkeletonRows } from "../../components/Panels";
import { ServiceDot } from "../../components/Service";
import { buildTree } from "../../lib/spanTree";
import { one, useSearchParams } from "../../url/useSearchParams";
import { Timeline } from "./Timeline";
import { TraceHeader } from "./TraceHeader";
import { TraceJson } from "./TraceJson";
import { TraceLogs } from "./TraceLogs";
import classes from "./TracePage.module.css";

function Missing({ onRetry }: { onRetry: () => void }) {
  return (
    <EmptyPanel icon={SearchX} title="This trace is not here" text="Retention may have removed it, it may still be on its way, or the address is mistyped.">
      <Button size="xs" onClick={onRetry}>
        Look again
      </Button>
      <Button size="xs" variant="default" component={Link} to="/traces">
        All traces
      </Button>
    </EmptyPanel>
  );
}

/** Which colour is which service, with the number of its spans. */
function Legend({ data }: { data: TraceResponse }) {
  const counts = new Map<string, number>();
  for (const span of data.spans) counts.set(span.service_name, (counts.get(span.service_name) ?? 0) + 1);
  return (
    <ul className={classes.legend} aria-label="Services and their spans">
      {[...counts].map(([name, count]) => (
        <li key={name}>
          <ServiceDot name={name} /> {name} <span>{count}</span>
        </li>
      ))}
    </ul>
  );
}

function Loaded({ data }: { data: TraceResponse }) {
  const [search, change] = useSearchParams();
  const tree = useMemo(() => buildTree(data.spans), [data.spans]);
  const tab = one(search.tab) ?? "timeline";
  useEffect(() => {
    document.title = `${data.trace.root_operation} · Argus`;
  }, [data.trace.root_operation]);
  return (
    <>
      <TraceHeader data={data} depth={tree.depth} />
      <Tabs value={tab} onChange={(next) => change({ tab: next === "timeline" ? undefined : (next ?? undefined) })} className={classes.tabs} keepMounted={false} classNames={{ tab: classes.tab, panel: classes.panel }}>
        <div className={classes.bar}>
          <Tabs.List className={classes.list}>
            <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
            <Tabs.Tab value="logs">
              Logs <span className={classes.count}>{data.logs_total ?? data.logs.length}</span>
            </Tabs.Tab>
            <Tabs.Tab value="json">JSON</Tabs.Tab>
          </Tabs.List>
          <Legend data={data} />
        </div>
        <Tabs.Panel value="timeline">
          <Timeline data={data} tree={tree} />
        </Tabs.Panel>
        <Tabs.Panel value="logs">
          <TraceLogs data={data} />
        </Tabs.Panel>
        <Tabs.Panel value="json">
          <TraceJson data={data} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

export default function TracePage() {
  const { traceId = "" } = useParams({ strict: false });
  const query = useQuery(traceQuery(traceId));
  const retry = () => void query.refetch();
  if (query.data !== undefined) {
    return (
      <div className={classes.page}>
        <Loaded key={traceId} data={query.data} />
      </div>
    );
  }
  if (query.error instanceof ApiError && query.error.status === 404) return <Missing onRetry={retry} />;
  if (query.isError) return <ErrorPanel title="The trace could not be loaded" error={query.error} onRetry={retry} />;
  return (
    <div className={classes.page}>
      <div className={classes.loading} />
      <SkeletonRows height={28} count={26} />
    </div>
  );
}
