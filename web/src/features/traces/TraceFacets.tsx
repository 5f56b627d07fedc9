/** Owns which fields of spans are counted beside the list. */
import type { Params } from "../../api/client";
import { useFacets } from "../../api/useFacets";
import { Facets } from "../../components/Facets";

const fields = { usual: ["service", "name", "status", "kind"], first: ["http.route"] };

type Props = { filter: string; conditions: Params; onFilter: (filter: string) => void; onClose: () => void };

export function TraceFacets({ filter, conditions, onFilter, onClose }: Props) {
  const facets = useFacets("traces", fields, filter, conditions);
  return <Facets noun="spans" {...facets} filter={filter} onFilter={onFilter} onClose={onClose} />;
}
