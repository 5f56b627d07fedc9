/** Owns the line of controls above a list. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./Toolbar.module.css";

export function Toolbar({ title, search, children }: { title: string; search: ReactNode; children: ReactNode }) {
  return (
    <header className={classes.bar}>
      <h1 className={classes.title}>{title}</h1>
      {search}
      <div className={classes.controls}>{children}</div>
    </header>
  );
}

export function RefreshButton({ busy, onClick }: { busy: boolean; onClick: () => void }) {
  useHotkeys([["r", onClick]]);
  return (
    <Tooltip label="Refresh (r)">
      <ActionIcon variant="default" size={30} aria-label="Refresh" onClick={onClick}>
        <RotateCw size={15} className={busy ? classes.turning : undefined} />
      </ActionIcon>
    </Tooltip>
  );
}

/** The quiet line under the controls: what the list holds. Changes are announced, unless they never end. */
export function ListFacts({ children, endless = false }: { children: ReactNode; endless?: boolean }) {
  return (
    <div className={classes.facts} role={endless ? undefined : "status"}>
      {children}
    </div>
  );
}
