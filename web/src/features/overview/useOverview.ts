/** Owns where the overview's numbers come from: snapshots in live mode once there is one, else requests. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { dashboardQuery, heatmapQuery, pollMs, recentLogsQuery, serviceNumbersQuery, trafficQuery } from "../../api/queries";
import { beforeQuery, rangeQuery, type TimeRange } from "../../lib/timeRange";
import { useLive } from "../../live/LiveProvider";
import { liveEventsQuery } from "../../live/liveQueries";

/** What live mode shows, whatever the address says. */
export const liveRange: TimeRange = { kind: "relative", last: "15m" };
const livePollMs = 10_000;

export function useOverview(chosenRange: TimeRange, service: string | null, live: boolean) {
  const { setOn, watch, state } = useLive();
  useEffect(() => setOn(live), [live, setOn]);
  useEffect(() => watch(service), [service, watch]);
  const range = live ? liveRange : chosenRange;
  const every = live ? livePollMs : pollMs;
  const only = { service_name: service };
  const params = { ...rangeQuery(range), ...only };
  const before = beforeQuery(range);
  const snapshot = useQuery(liveEventsQuery(service)).data;
  const fresh = live ? snapshot : undefined;

  const dashboard = useQuery({ ...dashboardQuery(params, every), enabled: fresh === undefined });
  const traffic = useQuery({ ...trafficQuery(params, every), enabled: fresh?.traffic === undefined });
  const heatmap = useQuery(heatmapQuery(params, every));
  const services = useQuery(serviceNumbersQuery(params, every));
  const errors = useQuery(recentLogsQuery({ ...params, severity: ["ERROR", "FATAL"] }, every));
  const earlier = { ...before, ...only };
  // all time has nothing before it
  const enabled = before !== null;
  const dashboardBefore = useQuery({ ...dashboardQuery(earlier, every), enabled });
  const trafficBefore = useQuery({ ...trafficQuery(earlier, every), enabled });
  return {
    range,
    state,
    dashboard: fresh?.dashboard ?? dashboard.data,
    traffic: fresh?.traffic ?? traffic.data,
    before: enabled ? dashboardBefore.data : undefined,
    trafficBefore: enabled ? trafficBefore.data : undefined,
    heatmap: heatmap.data,
    services: services.data?.services,
    errors: errors.data?.logs,
    asked: { traffic, heatmap, services, errors },
    error: dashboard.error,
    busy: dashboard.isFetching,
    refetch: () => void Promise.all([dashboard, traffic, heatmap, services, errors].map((query) => query.refetch())),
  };
}
