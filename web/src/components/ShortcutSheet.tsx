/** Owns the list of keyboard shortcuts. */
import { Kbd, Modal } from "@mantine/core";
import classes from "./ShortcutSheet.module.css";

const sections: { title: string; keys: [keys: string[], does: string][] }[] = [
  { title: "Everywhere", keys: [[["?"], "Show this sheet"], [["Ctrl/⌘", "K"], "Go to anything"], [["g", "o"], "Go to the overview"], [["g", "t"], "Go to traces"], [["g", "l"], "Go to logs"], [["g", "m"], "Go to the service map"], [["g", "s"], "Go to send data"], [["g", "a"], "Go to admin"], [["/"], "Write a filter"]] },
  { title: "Lists", keys: [[["r"], "Refresh"], [["d"], "Choose the time range"], [["j"], "Next row"], [["k"], "Previous row"], [["Enter"], "Open the row"], [["Esc"], "Close the details"]] },
  { title: "Filter", keys: [[["↓", "↑"], "Choose a suggestion"], [["Tab"], "Take it"], [["Enter"], "Search"], [["Ctrl", "Space"], "Show suggestions"]] },
  { title: "Traces", keys: [[["x"], "Pick for comparison"], [["c"], "Compare the two picked"]] },
  { title: "Live tail", keys: [[["p"], "Pause or resume"], [["End"], "Resume at the newest line"]] },
  { title: "Trace", keys: [[["j", "↓"], "Next span"], [["k", "↑"], "Previous span"], [["[", "←"], "Collapse"], [["]", "→"], "Expand"], [["x", "Alt click"], "Collapse or expand with everything below"], [["{"], "Collapse all"], [["}"], "Expand all"], [["p"], "Collapse one level"], [["o"], "Expand one level"], [["e"], "Next error"], [["E"], "Previous error"], [["c", "C"], "Along the critical path"], [["z"], "Zoom to the span"], [["Enter"], "Show details"]] },
];

export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <div className={classes.sections}>
        {sections.map(({ title, keys }) => (
          <section key={title}>
            <h3 className={classes.title}>{title}</h3>
            <dl className={classes.keys}>
              {keys.map(([names, does]) => (
                <div key={does} className={classes.line}>
                  <dt>{does}</dt>
                  <dd>{names.map((name) => <Kbd key={name} size="xs">{name}</Kbd>)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
