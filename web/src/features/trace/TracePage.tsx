/** Owns the page of one trace: loading it, its tabs, and what is said when it is not there. */
import { Button, Tabs } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect, useMemo } from "react";
import { ApiError } from "../../api/client";
import { outlineQuery } from "../../api/queries";
import type { TraceOutline } from "../../api/readOutline";
import { EmptyPanel, ErrorPanel, SkeletonRows } from "../../components/Panels";
import { ServiceDot } from "../../components/Service";
import { formatCount } from "../../lib/count";
import { operationSums, sumsByService } from "../../lib/spanStats";
import { one, useSearchParams } from "../../url/useSearchParams";
import { Timeline } from "./Timeline";
import { TraceHeader } from "./TraceHeader";
import classes from "./TracePage.module.css";

type Tab = { id: string; label: string; show: ComponentType<{ outline: TraceOutline }>; count?: (outline: TraceOutline) => number };

/** All but the first are fetched when they are opened. */
const tabs: Tab[] = [
  { id: "timeline", label: "Timeline", show: Timeline },
  { id: "flame", label: "Flame graph", show: lazy(() => import("./FlameGraph")) },
  { id: "spans", label: "Spans", show: lazy(() => import("./SpanTable")) },
  { id: "statistics", label: "Statistics", show: lazy(() => import("./Statistics")) },
  { id: "map", label: "Map", show: lazy(() => import("./TraceMap")) },
  { id: "logs", label: "Logs", show: lazy(() => import("./TraceLogs")), count: ({ logsTotal }) => logsTotal },
  { id: "json", label: "JSON", show: lazy(() => import("./TraceJson")) },
];

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

/** How many names fit beside each other, with room for how many more there are. */
function fitting(sums: { service: string; count: number }[], width: number): number {
  let used = 34;
  const at = sums.findIndex(({ service, count }) => (used += 36 + 6.5 * service.length + 7 * formatCount(count).length) > width);
  return at < 0 ? sums.length : at;
}

/** Which colour is which service, with the number of its spans. */
function Legend({ outline }: { outline: TraceOutline }) {
  const sums = useMemo(() => sumsByService(operationSums(outline.tree)), [outline]);
  const { ref, width } = useElementSize();
  const shown = sums.slice(0, fitting(sums, width));
  const rest = sums.slice(shown.length);
  return (
    <ul ref={ref} className={classes.legend} aria-label="Services and their spans">
      {shown.map(({ service, count }) => (
        <li key={service}>
          <ServiceDot name={service} /> {service} <span>{formatCount(count)}</span>
        </li>
      ))}
      {rest.length > 0 && <li title={rest.map(({ service, count }) => `${service} ${formatCount(count)}`).join("\n")}>+{rest.length}</li>}
    </ul>
  );
}

const waiting: ReactNode = <SkeletonRows height={28} count={20} />;

function Loaded({ outline }: { outline: TraceOutline }) {
  const [search, change] = useSearchParams();
  const { trace, tree } = outline;
  const tab = one(search.tab) ?? "timeline";
  useEffect(() => {
    document.title = `${trace.root_operation} · Argus`;
  }, [trace.root_operation]);
  return (
    <>
      <TraceHeader trace={trace} depth={tree.depth} />
      <Tabs value={tab} onChange={(next) => change({ tab: next === "timeline" ? undefined : (next ?? undefined) })} className={classes.tabs} keepMounted={false} classNames={{ tab: classes.tab, panel: classes.panel }}>
        <div className={classes.bar}>
          <Tabs.List className={classes.list}>
            {tabs.map(({ id, label, count }) => (
              <Tabs.Tab key={id} value={id}>
                {label} {count !== undefined && <span className={classes.count}>{formatCount(count(outline))}</span>}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Legend outline={outline} />
        </div>
        {tabs.map(({ id, show: Show }) => (
          <Tabs.Panel key={id} value={id}>
            <Suspense fallback={waiting}>
              <Show outline={outline} />
            </Suspense>
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}

export default function TracePage() {
  const { traceId = "" } = useParams({ strict: false });
  const query = useQuery(outlineQuery(traceId));
  const retry = () => void query.refetch();
  if (query.data !== undefined) {
    return (
      <div className={classes.page}>
        <Loaded key={traceId} outline={query.data} />
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
