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
  const map = useQuery(serviceMapQuery(rangeQuery(range))).data;
  return {
    now: numbers.data?.services[own(numbers.data.services)],
    before: was?.[own(was)],
    loading: numbers.data === undefined,
    error: numbers.error,
    busy: numbers.isFetching,
    traffic: useQuery(trafficQuery(params)).data,
    heatmap: useQuery(heatmapQuery(params)).data,
    operations: operations.data?.operations,
    map,
    errors: useQuery(recentLogsQuery({ ...params, severity: ["ERROR", "FATAL"] })).data?.logs,
    logs: useQuery(recentLogsQuery(params)).data?.logs,
    versions: useQuery(valuesQuery({ ...params, signal: "traces", key: "service.version", limit: 20 })).data?.facets[0],
    refetch: () => void Promise.all([numbers.refetch(), operations.refetch()]),
  };
}
