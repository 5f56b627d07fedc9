/** Owns which fields of log records are counted beside the list. */
import type { Params } from "../../api/client";
import { useFacets } from "../../api/useFacets";
import { Facets } from "../../components/Facets";

const fields = { usual: ["severity", "service", "scope", "event_name"], first: [] };

type Props = { filter: string; conditions: Params; onFilter: (filter: string) => void; onClose: () => void };

export function LogFacets({ filter, conditions, onFilter, onClose }: Props) {
  const facets = useFacets("logs", fields, filter, conditions);
  return <Facets noun="records" {...facets} filter={filter} onFilter={onFilter} onClose={onClose} />;
}
