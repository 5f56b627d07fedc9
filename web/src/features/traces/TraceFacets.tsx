/** Owns the facets of spans: which fields are counted, and what their values do to the filter. */
import { useLocalStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Params } from "../../api/client";
import { keysQuery } from "../../api/queries";
import { useFacets } from "../../api/useFacets";
import { Facets } from "../../components/Facets";

const usual = ["service", "name", "status", "kind"];

type Props = { filter: string; conditions: Params; onFilter: (filter: string) => void; onClose: () => void };

export function TraceFacets({ filter, conditions, onFilter, onClose }: Props) {
  const [added, setAdded] = useLocalStorage<string[]>({ key: "argus-facets-traces", defaultValue: ["http.route"], getInitialValueInEffect: false });
  const [wanted, setWanted] = useState(false);
  const keys = useQuery({ ...keysQuery({ signal: "traces", limit: 200, ...conditions }), enabled: wanted });
  const { groups, retry } = useFacets("traces", [...usual, ...added], filter, conditions, true);
  const toggle = (field: string) => setAdded((before) => (before.includes(field) ? before.filter((one) => one !== field) : [...before, field]));
  return <Facets noun="spans" groups={groups} added={added} keys={keys.data?.keys.map(({ term, count }) => ({ key: term, count })) ?? []} filter={filter} onFilter={onFilter} onRetry={retry} onAdd={toggle} onWantKeys={() => setWanted(true)} onClose={onClose} />;
}
