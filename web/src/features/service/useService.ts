/** Owns what is asked for about one service. */
import { skipToken, useQuery } from "@tanstack/react-query";
import { heatmapQuery, operationsQuery, recentLogsQuery, serviceMapQuery, serviceNumbersQuery, trafficQuery, valuesQuery } from "../../api/queries";
import { beforeQuery, rangeQuery, type TimeRange } from "../../lib/timeRange";

export type ServiceData = ReturnType<typeof useService>;

export function useService(name: string, range: TimeRange) {
  const only = { service_name: name };
  const params = { ...rangeQuery(range), ...only };
  const before = beforeQuery(range);
  const earlier = serviceNumbersQuery({ ...before, ...only });
  const numbers = useQuery(serviceNumbersQuery(params));
  const operations = useQuery(operationsQuery(params));
  const own = (services: { service_name: string }[] | undefined) => services?.findIndex((one) => one.service_name === name) ?? -1;
  const was = useQuery(before === null ? { ...earlier, queryFn: skipToken } : earlier).data?.services;
  const map = useQuery(serviceMapQuery(rangeQuery(range)));
  const traffic = useQuery(trafficQuery(params));
  const heatmap = useQuery(heatmapQuery(params));
  const errors = useQuery(recentLogsQuery({ ...params, severity: ["ERROR", "FATAL"] }));
  const logs = useQuery(recentLogsQuery(params));
  const versions = useQuery(valuesQuery({ ...params, signal: "traces", key: "service.version", limit: 20 }));
  return {
    now: numbers.data?.services[own(numbers.data.services)],
    before: was?.[own(was)],
    loading: numbers.data === undefined,
    error: numbers.error,
    busy: numbers.isFetching,
    traffic: traffic.data,
    heatmap: heatmap.data,
    operations: operations.data?.operations,
    map: map.data,
    errors: errors.data?.logs,
    logs: logs.data?.logs,
    versions: versions.data?.facets[0],
    asked: { operations, map, traffic, heatmap, errors, logs, versions },
    refetch: () => void Promise.all([numbers, operations, map, traffic, heatmap, errors, logs, versions].map((query) => query.refetch())),
  };
}
