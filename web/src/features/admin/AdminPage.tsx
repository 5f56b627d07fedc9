/** Owns the page about Argus itself: its sub-pages as tabs, the chosen one in the address. */
import { Tabs } from "@mantine/core";
import { one, useSearchParams } from "../../url/useSearchParams";
import { About } from "./About";
import classes from "./AdminPage.module.css";
import { DataPage } from "./DataPage";
import { DeadLetters } from "./DeadLetters";
import { Receipts } from "./Receipts";
import { State } from "./State";

const tabs = [
  { id: "receipts", label: "Receipts", show: Receipts },
  { id: "dead-letters", label: "Dead letters", show: DeadLetters },
  { id: "state", label: "Health", show: State },
  { id: "data", label: "Data", show: DataPage },
  { id: "about", label: "About", show: About },
];

export default function AdminPage() {
  const [search, change] = useSearchParams();
  const chosen = tabs.find((tab) => tab.id === one(search.tab)) ?? tabs[0];
  return (
    <div className={classes.page}>
      <h1 className={classes.title}>Admin</h1>
      <Tabs value={chosen?.id ?? null} onChange={(tab) => change({ tab: tab === "receipts" ? undefined : (tab ?? undefined) })} keepMounted={false} classNames={{ root: classes.tabs, panel: classes.panel }}>
        <Tabs.List aria-label="About Argus" className={classes.list}>
          {tabs.map(({ id, label }) => (
            <Tabs.Tab key={id} value={id} className={classes.tab}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ id, show: Show }) => (
          <Tabs.Panel key={id} value={id} tabIndex={0}>
            <Show />
          </Tabs.Panel>
        ))}
      </Tabs>
    </div>
  );
}
