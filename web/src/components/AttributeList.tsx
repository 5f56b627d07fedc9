/** Owns how attributes are shown: grouped by namespace, typed values, what one can do with one on hover. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Ban, Columns3, ListFilter, Pin, PinOff } from "lucide-react";
import { Fragment } from "react";
import { groupAttributes, valueKind, valueText } from "../lib/attributes";
import { attributeEquals } from "../lib/filterText";
import classes from "./AttributeList.module.css";
import { CopyIcon } from "./CopyIcon";

/** The page on which a value is searched for. */
export type FilterTarget = "/traces" | "/logs";
/** What a page does with a value itself, instead of leading to another: adds a condition, shows the key as a column, or keeps it on top. */
export type AttributeActions = { onFilter?: (term: string) => void; columns?: string[]; onColumn?: (key: string) => void; pinned?: string[]; onPin?: (key: string) => void };

function Value({ value }: { value: unknown }) {
  if (value === undefined) return <span className={classes.absent}>not here</span>;
  const kind = valueKind(value);
  const long = kind === "object" || (typeof value === "string" && (value.length > 90 || value.includes("\n")));
  const text = kind === "empty" ? (value === "" ? '""' : "null") : valueText(value, 2);
  return (
    <span className={classes.value} data-kind={kind} data-long={long || undefined} tabIndex={long ? 0 : undefined}>
      {text}
    </span>
  );
}

function FilterButton({ name, value, term, out, target, onFilter }: { name: string; value: unknown; term: string; out: boolean; target: FilterTarget; onFilter?: (term: string) => void }) {
  const what = target === "/logs" ? "logs" : "traces";
  const label = `Find ${what} where ${name} is ${out ? "not " : ""}${valueText(value)}`;
  const Icon = out ? Ban : ListFilter;
  const text = out ? `-${term}` : term;
  const look = { variant: "subtle", color: "gray", size: 20, "aria-label": label } as const;
  return (
    <Tooltip label={`Find ${what} with${out ? "out" : ""} this value`}>
      {onFilter === undefined ? (
        <ActionIcon component={Link} to={target} search={{ filter: text } as never} {...look}>
          <Icon size={12} />
        </ActionIcon>
      ) : (
        <ActionIcon onClick={() => onFilter(text)} {...look}>
          <Icon size={12} />
        </ActionIcon>
      )}
    </Tooltip>
  );
}

function ColumnButton({ name, shown, onColumn }: { name: string; shown: boolean; onColumn: (key: string) => void }) {
  return (
    <Tooltip label={shown ? "Take the column away" : "Show as a column"}>
      <ActionIcon variant="subtle" color={shown ? "indigo" : "gray"} size={20} aria-pressed={shown} aria-label={`Column ${name}`} onClick={() => onColumn(name)}>
        <Columns3 size={12} />
      </ActionIcon>
    </Tooltip>
  );
}

function PinKeyButton({ name, pinned, onPin }: { name: string; pinned: boolean; onPin: (key: string) => void }) {
  const Icon = pinned ? PinOff : Pin;
  return (
    <Tooltip label={pinned ? "Unpin" : "Show on top in every span"}>
      <ActionIcon variant="subtle" color={pinned ? "indigo" : "gray"} size={20} aria-label={`${pinned ? "Unpin" : "Pin"} ${name}`} onClick={() => onPin(name)}>
        <Icon size={12} />
      </ActionIcon>
    </Tooltip>
  );
}

function Line({ name, value, target, actions = {} }: { name: string; value: unknown; target?: FilterTarget; actions?: AttributeActions }) {
  const term = target === undefined || value === undefined ? null : attributeEquals(name, value);
  return (
    <div className={classes.line}>
      <dt className={classes.key}>
        {name.split(/(?<=\.)/).map((part, at) => (
          <Fragment key={at}>
            {at > 0 && <wbr />}
            {part}
          </Fragment>
        ))}
      </dt>
      <dd className={classes.cell}>
        <Value value={value} />
        <span className={classes.actions}>
          {target !== undefined && term !== null && [false, true].map((out) => <FilterButton key={String(out)} name={name} value={value} term={term} out={out} target={target} onFilter={actions.onFilter} />)}
          {actions.onColumn !== undefined && <ColumnButton name={name} shown={actions.columns?.includes(name) ?? false} onColumn={actions.onColumn} />}
          {actions.onPin !== undefined && <PinKeyButton name={name} pinned={actions.pinned?.includes(name) ?? false} onPin={actions.onPin} />}
          {value !== undefined && <CopyIcon text={valueText(value)} label={`Copy ${name}`} size={20} />}
        </span>
      </dd>
    </div>
  );
}

/** The facts of an instrumentation scope that say something. */
export function scopeFacts(scope: { name: string; version: string; attributes: Record<string, unknown> }): Record<string, unknown> {
  const named = Object.entries({ name: scope.name, version: scope.version }).filter(([, value]) => value);
  return { ...Object.fromEntries(named), ...scope.attributes };
}

/** Attributes under the name of their namespace; `flat` leaves the names of the groups out. One that is undefined is not there. */
export function AttributeList({ attributes, target, actions, flat = false }: { attributes: Record<string, unknown>; target?: FilterTarget; actions?: AttributeActions; flat?: boolean }) {
  const groups = groupAttributes(attributes);
  if (groups.length === 0) return <p className={classes.none}>None</p>;
  const named = !flat && groups.length > 1;
  return (
    <div className={classes.groups}>
      {groups.map((group) => (
        <div key={group.name} className={classes.group} data-named={named || undefined}>
          {named && <h4 className={classes.name}>{group.name}</h4>}
          <dl className={classes.list}>
            {group.entries.map(({ key, value }) => (
              <Line key={key} name={key} value={value} target={target} actions={actions} />
            ))}
          </dl>
        </div>
      ))}
    </div>
  );
}

/** The first attributes as one grey line, for a section that is closed. */
export function AttributePreview({ attributes }: { attributes: Record<string, unknown> }) {
  const entries = groupAttributes(attributes).flatMap((group) => group.entries);
  return (
    <span className={classes.preview}>
      {entries.slice(0, 6).map(({ key, value }) => (
        <span key={key}>
          {key}=<b>{valueText(value)}</b>
        </span>
      ))}
    </span>
  );
}
