/** Owns how attributes are shown: grouped by namespace, typed values, copy and filter on hover. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ListFilter, ListX } from "lucide-react";
import { Fragment } from "react";
import { groupAttributes, valueKind, valueText } from "../lib/attributes";
import { differs, equals } from "../lib/filterText";
import classes from "./AttributeList.module.css";
import { CopyIcon } from "./CopyIcon";

/** The page on which a value is searched for. */
export type FilterTarget = "/traces" | "/logs";

function Value({ value }: { value: unknown }) {
  const kind = valueKind(value);
  const long = kind === "object" || (typeof value === "string" && (value.length > 90 || value.includes("\n")));
  const text = kind === "empty" ? (value === "" ? '""' : "null") : valueText(value, 2);
  return (
    <span className={classes.value} data-kind={kind} data-long={long || undefined}>
      {text}
    </span>
  );
}

/** Links to the list of traces or logs with (or without) a value. */
function FilterLinks({ name, value, target }: { name: string; value: unknown; target: FilterTarget }) {
  const kind = valueKind(value);
  if (kind === "object" || kind === "empty" || valueText(value).length > 200) return null;
  const what = target === "/logs" ? "logs" : "traces";
  const links = [
    { filter: equals(name, value), icon: ListFilter, label: `Find ${what} with this value`, said: `Find ${what} where ${name} is ${valueText(value)}` },
    { filter: differs(name, value), icon: ListX, label: `Find ${what} without this value`, said: `Find ${what} where ${name} is not ${valueText(value)}` },
  ];
  return links.map(({ filter, icon: Icon, label, said }) => (
    <Tooltip key={label} label={label}>
      <ActionIcon component={Link} to={target} search={{ filter } as never} variant="subtle" color="gray" size={20} aria-label={said}>
        <Icon size={12} />
      </ActionIcon>
    </Tooltip>
  ));
}

function Line({ name, value, target }: { name: string; value: unknown; target?: FilterTarget }) {
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
          {target !== undefined && <FilterLinks name={name} value={value} target={target} />}
          <CopyIcon text={valueText(value)} label={`Copy ${name}`} size={20} />
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

/** Attributes under the name of their namespace; `flat` leaves the names of the groups out. */
export function AttributeList({ attributes, target, flat = false }: { attributes: Record<string, unknown>; target?: FilterTarget; flat?: boolean }) {
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
              <Line key={key} name={key} value={value} target={target} />
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
