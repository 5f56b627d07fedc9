/** Owns the page of one service: rate, errors and durations, operations, who calls it and whom it calls, errors, versions. */
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useCanGoBack, useParams, useRouter } from "@tanstack/react-router";
import { ArrowLeft, ListTree, ScrollText, Waypoints } from "lucide-react";
import { useEffect } from "react";
import { servicesQuery } from "../../api/queries";
import { NothingFound } from "../../components/NothingFound";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { ServiceDot } from "../../components/Service";
import { TimeRangePicker } from "../../components/TimeRangePicker";
import { RefreshButton } from "../../components/Toolbar";
import { rangeParams, type TimeRange } from "../../lib/timeRange";
import { useTimeRange } from "../../url/useTimeRange";
import { ServicePanels } from "./ServicePanels";
import classes from "./ServicePage.module.css";
import { ServiceTiles } from "./ServiceTiles";
import { useService } from "./useService";

function Elsewhere({ name, range }: { name: string; range: TimeRange }) {
  const search = { ...rangeParams(range), service: name };
  const links = [
    { to: "/traces", search, icon: ListTree, label: "Traces" },
    { to: "/logs", search, icon: ScrollText, label: "Logs" },
    { to: "/map", search: { ...rangeParams(range), node: name, focus: name }, icon: Waypoints, label: "On the map" },
  ];
  return links.map(({ to, search: query, icon: Icon, label }) => (
    <Button key={to} component={Link} to={to} search={query as never} size="xs" variant="default" className={classes.link} leftSection={<Icon size={14} />}>
      {label}
    </Button>
  ));
}

function BackButton() {
  const router = useRouter();
  const canGoBack = useCanGoBack();
  return (
    <Tooltip label="Back">
      <ActionIcon variant="subtle" color="gray" aria-label="Back" onClick={() => (canGoBack ? router.history.back() : void router.navigate({ to: "/overview" }))}>
        <ArrowLeft size={17} />
      </ActionIcon>
    </Tooltip>
  );
}

export default function ServicePage() {
  const { name = "" } = useParams({ strict: false });
  const [range, setRange] = useTimeRange();
  const known = useQuery(servicesQuery());
  const data = useService(name, range);
  useEffect(() => {
    document.title = `${name} · Argus`;
  }, [name]);
  return (
    <div className={classes.page}>
      <header className={classes.bar}>
        <BackButton />
        <h1>
          <ServiceDot name={name} /> <span>{name}</span>
        </h1>
        <Elsewhere name={name} range={range} />
        <span className={classes.grow} />
        <TimeRangePicker range={range} onChange={setRange} />
        <RefreshButton busy={data.busy} onClick={data.refetch} />
      </header>
      {data.now === undefined && data.error !== null ? (
        <ErrorPanel title="The service could not be loaded" error={data.error} onRetry={data.refetch} />
      ) : data.loading ? (
        <SkeletonRows height={60} count={8} />
      ) : data.now === undefined ? (
        <NothingFound what={`spans of ${name}`} range={range} filtered={false} received={known.data === undefined ? null : known.data.length > 0} onClear={() => setRange({ kind: "all" })} onWiden={setRange} />
      ) : (
        <div className={classes.body}>
          <ServiceTiles now={data.now} before={data.before} />
          <ServicePanels name={name} range={range} data={data} />
        </div>
      )}
    </div>
  );
}
