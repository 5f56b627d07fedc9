/** Owns the panel of facets: the values of each field with their counts, which put terms into the filter and take them out. */
import { ActionIcon, Button, Skeleton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { ChevronRight, Plus, X } from "lucide-react";
import { useState } from "react";
import type { Facet } from "../api/types";
import { counted, formatCount } from "../lib/count";
import { excludeTerm, stateOf, toggleTerm } from "../lib/filterEdit";
import { FacetValue } from "./FacetValue";
import classes from "./Facets.module.css";
import { type Key, KeyPicker } from "./KeyPicker";

type Group = { field: string; facet: Facet | null; error: Error | null; partial: { counted: number; total: number } | null };

type Props = {
  /** What the counts count. */
  noun: string;
  groups: Group[];
  /** Groups that a person added, and may take away again. */
  added: string[];
  keys: Key[];
  filter: string;
  onFilter: (filter: string) => void;
  onRetry: () => void;
  onAdd: (field: string) => void;
  onWantKeys: () => void;
  onClose: () => void;
};

const few = 7;

function Values({ field, facet, filter, onFilter }: { field: string; facet: Facet; filter: string; onFilter: (filter: string) => void }) {
  const [all, setAll] = useState(false);
  const top = facet.values[0]?.count ?? 1;
  const states = facet.values.map(({ term }) => stateOf(filter, term));
  const shown = facet.values.filter((_, at) => all || at < few || states[at] !== null);
  if (facet.values.length === 0) return <p className={classes.none}>No record has this field.</p>;
  return (
    <>
      {shown.map(({ value, count, term }) => (
        <FacetValue key={term} field={field} value={String(value)} count={count} share={count / top} state={stateOf(filter, term)} onToggle={() => onFilter(toggleTerm(filter, term))} onExclude={() => onFilter(excludeTerm(filter, term))} />
      ))}
      {(facet.values.length > shown.length || all) && facet.values.length > few && (
        <button type="button" className={classes.more} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `${facet.values.length - shown.length} more`}
        </button>
      )}
      {(all || facet.values.length <= few) && facet.other > 0 && <p className={classes.none}>{formatCount(facet.other)} with other values</p>}
    </>
  );
}

function GroupView({ group, added, filter, onFilter, onRemove }: { group: Group; added: boolean; filter: string; onFilter: (filter: string) => void; onRemove: () => void }) {
  const [closed, setClosed] = useLocalStorage<string[]>({ key: "argus-closed-facets", defaultValue: [], getInitialValueInEffect: false });
  const open = !closed.includes(group.field);
  const title = group.field.replace("event_name", "event name");
  return (
    <section className={classes.group} aria-label={title}>
      <div className={classes.head}>
        <button type="button" className={classes.toggle} aria-expanded={open} onClick={() => setClosed(open ? [...closed, group.field] : closed.filter((one) => one !== group.field))}>
          <ChevronRight size={13} data-open={open || undefined} className={classes.chevron} aria-hidden="true" />
          <span className={classes.title} data-plain={added || undefined} title={group.field}>{title}</span>
        </button>
        {added && (
          <ActionIcon variant="subtle" color="gray" size={20} aria-label={`Remove ${title}`} onClick={onRemove}>
            <X size={12} />
          </ActionIcon>
        )}
      </div>
      {open && group.facet !== null && <Values field={group.field} facet={group.facet} filter={filter} onFilter={onFilter} />}
      {open && group.facet === null && group.error === null && [80, 60, 70].map((width) => <Skeleton key={width} height={9} width={`${width}%`} my={9} ml={22} radius="sm" />)}
    </section>
  );
}

export function Facets({ noun, groups, added, keys, filter, onFilter, onRetry, onAdd, onWantKeys, onClose }: Props) {
  const error = groups.find((group) => group.error !== null && group.facet === null)?.error;
  const partial = groups.find((group) => group.partial !== null)?.partial;
  const shown = groups.filter(({ field, facet }) => added.includes(field) || facet === null || facet.values.length > 0);
  return (
    <aside className={classes.panel} aria-label="Facets">
      <div className={classes.top}>
        <span>Counts of {noun}</span>
        <ActionIcon variant="subtle" color="gray" size={22} aria-label="Hide the facets" onClick={onClose}>
          <X size={14} />
        </ActionIcon>
      </div>
      {error !== undefined && error !== null && (
        <div className={classes.error} role="alert">
          The counts could not be loaded: {error.message}
          <Button size="compact-xs" variant="default" mt={6} onClick={onRetry}>Try again</Button>
        </div>
      )}
      {partial !== undefined && partial !== null && <p className={classes.partial}>Among the newest {formatCount(partial.counted)} of {counted(partial.total, noun.replace(/s$/, ""))}</p>}
      {shown.map((group) => (
        <GroupView key={group.field} group={group} added={added.includes(group.field)} filter={filter} onFilter={onFilter} onRemove={() => onAdd(group.field)} />
      ))}
      <KeyPicker label="Fields to count" keys={keys} chosen={added} onToggle={onAdd} onOpen={onWantKeys}>
        {(toggle) => (
          <Button size="compact-xs" variant="subtle" color="gray" m="8px 10px 14px" leftSection={<Plus size={13} />} onClick={toggle}>
            Add a field
          </Button>
        )}
      </KeyPicker>
    </aside>
  );
}
