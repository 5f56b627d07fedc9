/** Owns the page of log records: stored ones or the live tail, as its address says, and the drawer of one record. */
import { Button, Drawer } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Radio } from "lucide-react";
import { useState } from "react";
import { logsQuery, servicesQuery } from "../../api/queries";
import type { Log } from "../../api/types";
import { LogDetail } from "../../components/LogDetail";
import { PickMany } from "../../components/PickMany";
import { SearchBox } from "../../components/SearchBox";
import { drawService } from "../../components/Service";
import { severities, Severity } from "../../components/Severity";
import { TimeRangePicker } from "../../components/TimeRangePicker";
import { RefreshButton, Toolbar } from "../../components/Toolbar";
import { all, oneOf, words } from "../../lib/filterText";
import { rangeQuery } from "../../lib/timeRange";
import { type Filters, isFiltered, noFilters, useFilters } from "../../url/useFilters";
import { one, useSearchParams } from "../../url/useSearchParams";
import { useTimeRange } from "../../url/useTimeRange";
import { LiveTail } from "./LiveTail";
import classes from "./LogsPage.module.css";
import { StoredLogs } from "./StoredLogs";

function drawSeverity(severity: string) {
  const level = severities.find((known) => known === severity);
  return level === undefined ? severity : <Severity severity={level} />;
}

function LogFilters({ services }: { services: string[] }) {
  const [filters, change] = useFilters();
  return (
    <>
      <PickMany label="Severity" options={severities} chosen={filters.severities} onChange={(chosen) => change({ severities: chosen })} draw={drawSeverity} />
      <PickMany label="Service" options={services} chosen={filters.services} onChange={(chosen) => change({ services: chosen })} draw={drawService} searchable nothing="No service has sent data yet" />
    </>
  );
}

/** What the live tail asks the server for: all filters of the page in one text. */
const liveFilter = (filters: Filters) => all([oneOf("service", filters.services), oneOf("severity", filters.severities), words(filters.search)]);

export default function LogsPage() {
  const [range, setRange] = useTimeRange();
  const [filters, change] = useFilters();
  const [search, changeSearch] = useSearchParams();
  const [chosen, setChosen] = useState<Log | null>(null);
  const live = one(search.live) === "1";
  const services = useQuery(servicesQuery());
  const query = useInfiniteQuery({ ...logsQuery({ ...rangeQuery(range), service_name: filters.services, severity: filters.severities, search: filters.search }), enabled: !live });
  const received = services.data === undefined ? null : services.data.length > 0;
  return (
    <div className={classes.page}>
      <Toolbar title="Logs" search={<SearchBox value={filters.search} onChange={(text) => change({ search: text })} placeholder="Search log bodies" />}>
        <LogFilters services={services.data ?? []} />
        <span className={classes.grow} />
        <Button size="xs" variant={live ? "filled" : "default"} className={classes.live} leftSection={<Radio size={14} />} aria-pressed={live} onClick={() => changeSearch({ live: live ? undefined : "1" }, true)}>
          Live
        </Button>
        {!live && <TimeRangePicker range={range} onChange={setRange} />}
        {!live && <RefreshButton busy={query.isFetching} onClick={() => void query.refetch()} />}
      </Toolbar>
      {live ? (
        <LiveTail key={liveFilter(filters)} filter={liveFilter(filters)} selected={chosen?.id ?? null} onSelect={setChosen} />
      ) : (
        <StoredLogs query={query} selected={chosen?.id ?? null} onSelect={setChosen} range={range} onWiden={setRange} filtered={isFiltered(filters)} received={received} onClear={() => change(noFilters)} />
      )}
      <Drawer opened={chosen !== null} onClose={() => setChosen(null)} title="Log record" size={560} padding={0} withOverlay={false} lockScroll={false} trapFocus={false} closeOnClickOutside={false} shadow="xl" classNames={{ header: classes.drawerHead }} closeButtonProps={{ "aria-label": "Close the record" }}>
        {chosen !== null && <LogDetail key={chosen.id} log={chosen} />}
      </Drawer>
    </div>
  );
}
