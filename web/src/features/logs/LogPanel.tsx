/** Owns the panel of one log record: what it says, what happened around it, what the AI makes of it. */
import { ActionIcon, Tabs, VisuallyHidden } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { CircleHelp, X } from "lucide-react";
import type { Log } from "../../api/types";
import { CopyIcon } from "../../components/CopyIcon";
import { LogDetail } from "../../components/LogDetail";
import { EmptyPanel } from "../../components/Panels";
import { withTerm } from "../../lib/filterEdit";
import { useExplorer } from "../../url/useExplorer";
import { one, useSearchParams } from "../../url/useSearchParams";
import { LogContext } from "./LogContext";
import { LogInsight } from "./LogInsight";
import classes from "./LogPanel.module.css";

type Props = { log: Log | null; missing: boolean; onChoose: (log: Log | null) => void };

export function LogPanel({ log, missing, onChoose }: Props) {
  const [search, change] = useSearchParams();
  const [{ filter, columns }, changeExplorer] = useExplorer();
  useHotkeys([["Escape", () => onChoose(null)]]);
  const view = one(search.view) ?? "details";
  const actions = {
    onFilter: (term: string) => changeExplorer({ filter: withTerm(filter, term) }),
    columns,
    onColumn: (key: string) => changeExplorer({ columns: columns.includes(key) ? columns.filter((other) => other !== key) : [...columns, key] }),
  };
  return (
    <aside className={classes.panel} aria-label="Log record">
      <VisuallyHidden component="h2">Log record</VisuallyHidden>
      <Tabs value={view} onChange={(next) => change({ view: next === null || next === "details" ? undefined : next })} className={classes.tabs} keepMounted={false}>
        <div className={classes.head}>
          <Tabs.List className={classes.list}>
            <Tabs.Tab value="details">Record</Tabs.Tab>
            <Tabs.Tab value="around">Around it</Tabs.Tab>
            <Tabs.Tab value="insight">Insight</Tabs.Tab>
          </Tabs.List>
          <CopyIcon text={window.location.href} label="Copy a link to this record" size={28} />
          <ActionIcon variant="subtle" color="gray" size={28} aria-label="Close the record" onClick={() => onChoose(null)}>
            <X size={16} />
          </ActionIcon>
        </div>
        {log === null ? (
          missing ? <EmptyPanel icon={CircleHelp} title="This record is not there" text="It may have been deleted when its time had come, or the link is not whole." /> : null
        ) : (
          <>
            <Tabs.Panel value="details" className={classes.body}>
              <LogDetail key={log.id} log={log} actions={actions} />
            </Tabs.Panel>
            <Tabs.Panel value="around" className={classes.body}>
              <LogContext log={log} onChoose={onChoose} />
            </Tabs.Panel>
            <Tabs.Panel value="insight" className={classes.body}>
              <LogInsight key={log.id} log={log} />
            </Tabs.Panel>
          </>
        )}
      </Tabs>
    </aside>
  );
}
