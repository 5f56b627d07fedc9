/** Owns the palette over the page: one field that leads anywhere. */
import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { operationsQuery, servicesQuery } from "../api/queries";
import { pastQueries } from "../components/queryHistory";
import { type Entry, entriesFor } from "./entries";
import classes from "./Palette.module.css";

export default function Palette({ pages, onClose }: { pages: { path: string; title: string }[]; onClose: () => void }) {
  const navigate = useNavigate();
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const [past] = useState(() => ({ traces: pastQueries("traces"), logs: pastQueries("logs") }));
  const services = useQuery(servicesQuery());
  const operations = useQuery(operationsQuery({ start: "now-24h", limit: 500 }, false));
  const entries = entriesFor(text, { pages, services: services.data ?? [], operations: operations.data?.operations ?? [], past });
  const at = Math.min(active, entries.length - 1);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const go = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    void navigate({ to: entry.to, params: (entry.params ?? {}) as never, search: (entry.search ?? {}) as never });
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setActive((at + 1) % Math.max(1, entries.length));
    else if (event.key === "ArrowUp") setActive((at - 1 + entries.length) % Math.max(1, entries.length));
    else if (event.key === "Enter") go(entries[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal.Root opened onClose={onClose} size={580} yOffset="12vh" padding={0}>
      <Modal.Overlay />
      <Modal.Content aria-label="Go to anything">
        <Modal.Body>
      <div className={classes.field}>
        <Search size={16} aria-hidden="true" />
        <input data-autofocus role="combobox" aria-expanded aria-controls={`${id}-list`} aria-autocomplete="list" aria-activedescendant={entries.length > 0 ? `${id}-${at}` : undefined} aria-label="Go to a page, a service, an operation or a trace" placeholder="Go to a page, a service, an operation, or paste a trace id" value={text} spellCheck={false} autoComplete="off" onKeyDown={press}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setActive(0);
          }}
        />
      </div>
      <div ref={list} role="listbox" id={`${id}-list`} aria-label="Where to go" className={classes.list}>
        {entries.map((entry, index) => (
          <div key={entry.id} role="presentation">
            {entries[index - 1]?.group !== entry.group && <div className={classes.group} role="presentation">{entry.group}</div>}
            <div role="option" tabIndex={-1} id={`${id}-${index}`} aria-selected={index === at} className={classes.entry} onMouseMove={() => setActive(index)} onClick={() => go(entry)} onKeyDown={() => {}}>
              <span className={classes.label}>{entry.label}</span>
              {entry.says !== "" && <span className={classes.says}>{entry.says}</span>}
            </div>
          </div>
        ))}
      </div>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
