/** Owns the facets of log records: which fields are counted, and what their values do to the filter. */
import { useLocalStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Params } from "../../api/client";
import { keysQuery } from "../../api/queries";
import { useFacets } from "../../api/useFacets";
import { Facets } from "../../components/Facets";

const usual = ["severity", "service", "scope", "event_name"];

type Props = { filter: string; conditions: Params; onFilter: (filter: string) => void; onClose: () => void };

export function LogFacets({ filter, conditions, onFilter, onClose }: Props) {
  const [added, setAdded] = useLocalStorage<string[]>({ key: "argus-facets-logs", defaultValue: [], getInitialValueInEffect: false });
  const [wanted, setWanted] = useState(false);
  const keys = useQuery({ ...keysQuery({ signal: "logs", limit: 200, ...conditions }), enabled: wanted });
  const { groups, retry } = useFacets("logs", [...usual, ...added], filter, conditions, true);
  const toggle = (field: string) => setAdded((before) => (before.includes(field) ? before.filter((one) => one !== field) : [...before, field]));
  return <Facets noun="records" groups={groups} added={added} keys={keys.data?.keys.map(({ term, count }) => ({ key: term, count })) ?? []} filter={filter} onFilter={onFilter} onRetry={retry} onAdd={toggle} onWantKeys={() => setWanted(true)} onClose={onClose} />;
}
