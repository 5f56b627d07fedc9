/** Owns how a service is drawn: its colour as a dot, its name beside it. */
import { serviceColor } from "../lib/colors";
import classes from "./Service.module.css";

export function ServiceDot({ name }: { name: string }) {
  return <span className={classes.dot} style={{ background: serviceColor(name) }} aria-hidden="true" />;
}

/** A service as an option to choose. */
export const drawService = (name: string) => <Service name={name} />;

export function Service({ name, strong = false }: { name: string; strong?: boolean }) {
  return (
    <span className={classes.service} data-strong={strong || undefined} title={name}>
      <ServiceDot name={name} />
      <span className={classes.name}>{name}</span>
    </span>
  );
}
