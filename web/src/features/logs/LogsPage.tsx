/** Owns the page of log records: stored ones, their patterns or the live tail, as its address says, and the panel of one record. */
import { Button, SegmentedControl } from "@mantine/core";
import { type Query, useInfiniteQuery, useIsFetching, useQuery, useQueryClient } from "@tanstack/react-query";
import { Radio } from "lucide-react";
import { useMemo } from "react";
import { filterFault } from "../../api/client";
import { makeCompleter, refusalOf } from "../../api/completion";
import { logsQuery, patternsQuery, servicesQuery } from "../../api/queries";
import { FacetsButton, useFacetsOpen } from "../../components/FacetsButton";
import { QueryBar } from "../../components/QueryBar";
import { TimeRangePicker } from "../../components/TimeRangePicker";
import { RefreshButton, Toolbar } from "../../components/Toolbar";
import { patternConditions } from "../../lib/patterns";
import { boundedQuery, rangeQuery } from "../../lib/timeRange";
import { useExplorer } from "../../url/useExplorer";
import { one, useSearchParams } from "../../url/useSearchParams";
import { useTimeRange } from "../../url/useTimeRange";
import { LiveTail } from "./LiveTail";
import { LogFacets } from "./LogFacets";
import { LogHistogram } from "./LogHistogram";
import { LogPanel } from "./LogPanel";
import classes from "./LogsPage.module.css";
import { PatternsView } from "./PatternsView";
import { StoredLogs } from "./StoredLogs";
import { useChosenLog } from "./useChosenLog";

const views = [
  { value: "records", label: "Records" },
  { value: "patterns", label: "Patterns" },
];

const isRefreshed = ({ queryKey }: Query) => ["logs", "histogram", "facets", "patterns"].includes(String(queryKey[0]));

function Refresh() {
  const client = useQueryClient();
  const busy = useIsFetching({ predicate: (query) => isRefreshed(query) && query.state.fetchMeta?.fetchMore === undefined });
  return <RefreshButton busy={busy > 0} onClick={() => void client.invalidateQueries({ predicate: isRefreshed })} />;
}

export default function LogsPage() {
  const client = useQueryClient();
  const [range, setRange] = useTimeRange();
  const [{ filter }, change] = useExplorer();
  const [search, changeSearch] = useSearchParams();
  const [facetsOpen, setFacetsOpen] = useFacetsOpen();
  const chosen = useChosenLog();
  const live = one(search.live) === "1";
  const bounds = useMemo(() => rangeQuery(range), [range]);
  const services = useQuery(servicesQuery());
  // only its error is looked at here: the list looks at the rest, so that a page more draws the list alone
  const { error } = useInfiniteQuery({ ...logsQuery({ ...bounds, filter }), enabled: !live });
  const { whole: _, ...patterned } = patternConditions(filter);
  const patterns = useQuery({ ...patternsQuery({ ...boundedQuery(range), ...patterned, limit: 200 }), enabled: !live && one(search.tab) === "patterns" });
  const complete = useMemo(() => makeCompleter(client, "logs", live ? { start: "now-1h" } : bounds), [client, bounds, live]);
  const received = services.data === undefined ? null : services.data.length > 0;
  // a server that mines no patterns has no view of them
  const mined = patterns.data !== null;
  const tab = one(search.tab) === "patterns" && mined ? "patterns" : "records";
  const tabs = mined && received !== false && <SegmentedControl size="xs" className={classes.tabs} aria-label="View" data={views} value={tab} onChange={(value) => changeSearch({ tab: value === "records" ? undefined : value }, true)} />;
  const filterBy = (text: string) => change({ filter: text });
  return (
    <div className={classes.page}>
      <Toolbar title="Logs" search={<QueryBar signal="logs" value={filter} fault={filterFault(error)} placeholder="Filter log records" complete={complete} check={(text) => refusalOf("logs", text)} onApply={filterBy} />}>
        {!live && <FacetsButton open={facetsOpen} onClick={() => setFacetsOpen(!facetsOpen)} />}
        <Button size="xs" variant={live ? "filled" : "default"} className={classes.live} leftSection={<Radio size={14} />} aria-pressed={live} onClick={() => changeSearch({ live: live ? undefined : "1" }, true)}>
          Live
        </Button>
        {!live && <TimeRangePicker range={range} onChange={setRange} />}
        {!live && <Refresh />}
      </Toolbar>
      <div className={classes.columns}>
        {facetsOpen && !live && received !== false && <LogFacets filter={filter} conditions={bounds} onFilter={filterBy} onClose={() => setFacetsOpen(false)} />}
        <div className={classes.results}>
          {live ? (
            <LiveTail key={filter} filter={filter} selected={chosen.id} onSelect={chosen.choose} />
          ) : (
            <>
              {received !== false && <LogHistogram filter={filter} range={range} onRange={setRange} onFilter={filterBy} />}
              {tab === "patterns" ? (
                <PatternsView tabs={tabs} query={patterns} filter={filter} onFilter={(text) => { change({ filter: text }); changeSearch({ tab: undefined }); }} />
              ) : (
                <StoredLogs tabs={tabs} conditions={bounds} selected={chosen.id} onSelect={chosen.choose} range={range} onWiden={setRange} received={received} />
              )}
            </>
          )}
        </div>
        {chosen.id !== null && <LogPanel log={chosen.log} missing={chosen.missing} onChoose={chosen.choose} />}
      </div>
    </div>
  );
}
