/** Owns the page of the service map: what is shown around what, how it is coloured, and what is chosen. */
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { serviceMapQuery, servicesQuery } from "../../api/queries";
import { NothingFound } from "../../components/NothingFound";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import { PickMany } from "../../components/PickMany";
import { TimeRangePicker } from "../../components/TimeRangePicker";
import { RefreshButton, Toolbar } from "../../components/Toolbar";
import { focusOn, type MapMode, mapModes } from "../../lib/serviceGraph";
import { rangeQuery } from "../../lib/timeRange";
import { one, useSearchParams } from "../../url/useSearchParams";
import { useTimeRange } from "../../url/useTimeRange";
import { Detail } from "./Detail";
import { type Choice, Graph } from "../../components/serviceGraph/Graph";
import classes from "./MapPage.module.css";

const depths = [1, 2, 3].map((depth) => ({ value: String(depth), label: depth === 1 ? "1 hop" : `${depth} hops` }));

/** The map's part of the address. */
function useMapState() {
  const [search, change] = useSearchParams();
  const mode = mapModes.find(({ value }) => value === one(search.mode))?.value ?? "health";
  const [node, edge] = [one(search.node), one(search.edge)];
  const choice: Choice = node !== undefined ? { kind: "node", id: node } : edge !== undefined ? { kind: "edge", id: edge } : null;
  return {
    mode,
    setMode: (next: string) => change({ mode: next === "health" ? undefined : next }),
    focus: one(search.focus) ?? null,
    setFocus: (name: string | null) => change({ focus: name ?? undefined }, true),
    depth: Number(one(search.depth) ?? 1) || 1,
    setDepth: (depth: string) => change({ depth: depth === "1" ? undefined : depth }),
    choice,
    choose: (next: Choice) => change({ node: next?.kind === "node" ? next.id : undefined, edge: next?.kind === "edge" ? next.id : undefined }),
  };
}

export default function MapPage() {
  const [range, setRange] = useTimeRange();
  const { mode, setMode, focus, setFocus, depth, setDepth, choice, choose } = useMapState();
  const services = useQuery(servicesQuery());
  const query = useQuery(serviceMapQuery(rangeQuery(range)));
  const whole = query.data;
  const map = whole === undefined ? undefined : focusOn(whole, focus, depth);
  return (
    <div className={classes.page}>
      <Toolbar title="Service map" search={null}>
        <SegmentedControl size="xs" aria-label="Colours show" data={mapModes} value={mode} onChange={(next) => setMode(next as MapMode)} />
        <PickMany label="Focus" options={whole?.nodes.map((node) => node.name).sort() ?? []} chosen={focus === null ? [] : [focus]} onChange={(names) => setFocus(names.at(-1) ?? null)} draw={(name) => name} searchable />
        {focus !== null && <SegmentedControl size="xs" aria-label="Hops around the focus" data={depths} value={String(depth)} onChange={setDepth} />}
        <span className={classes.grow} />
        <TimeRangePicker range={range} onChange={setRange} />
        <RefreshButton busy={query.isFetching} onClick={() => void query.refetch()} />
      </Toolbar>
      {map === undefined ? (
        query.isError ? <ErrorPanel title="The service map could not be loaded" error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows height={62} count={8} />
      ) : map.nodes.length === 0 ? (
        <NothingFound what="calls" range={range} filtered={false} received={services.data === undefined ? null : services.data.length > 0} onClear={() => setFocus(null)} onWiden={setRange} />
      ) : (
        <div className={classes.stage}>
          <div className={classes.graph}>
            <Graph map={map} mode={mode} chosen={choice} onChoose={choose} />
          </div>
          <Detail map={map} choice={choice} range={range} focus={focus} onChoose={choose} onFocus={setFocus} />
        </div>
      )}
    </div>
  );
}
