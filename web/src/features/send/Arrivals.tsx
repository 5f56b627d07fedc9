/** Owns the panel that tells when data arrives, and from whom. */
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight, CircleAlert, CircleCheck, Radio } from "lucide-react";
import { healthQuery, servicesQuery } from "../../api/queries";
import { ServiceDot } from "../../components/Service";
import { counted, formatCount } from "../../lib/count";
import classes from "./Arrivals.module.css";

const everyMs = 2_000;

function rateText(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : formatCount(rate);
}

export function Arrivals() {
  const services = useQuery(servicesQuery(everyMs));
  const health = useQuery(healthQuery(everyMs));
  const names = services.data ?? [];
  const arrived = names.length > 0;
  if (services.isError && services.data === undefined) {
    return (
      <section className={classes.panel} data-state="error" role="alert">
        <h2>
          <CircleAlert size={18} aria-hidden="true" /> Argus cannot be reached
        </h2>
        <p>{services.error.message} Trying again every two seconds.</p>
      </section>
    );
  }
  return (
    <section className={classes.panel} data-state={arrived ? "arrived" : "waiting"} aria-live="polite">
      <h2>
        {arrived ? <CircleCheck size={18} aria-hidden="true" /> : <Radio size={18} className={classes.pulse} aria-hidden="true" />}
        {arrived ? "Data is arriving" : "Waiting for the first data"}
      </h2>
      {!arrived && <p>Argus is listening. This panel changes by itself as soon as something arrives.</p>}
      {arrived && (
        <>
          <p>
            {counted(names.length, "service")} seen
            {health.data !== undefined && (
              <>
                {" · "}
                <strong>{rateText(health.data.ingestion_rate)}</strong> records/s
              </>
            )}
          </p>
          <ul className={classes.services}>
            {names.slice(0, 40).map((name) => (
              <li key={name}>
                <Link to="/traces" search={{ service: name } as never}>
                  <ServiceDot name={name} />
                  {name}
                </Link>
              </li>
            ))}
          </ul>
          <Button component={Link} to="/traces" size="xs" rightSection={<ArrowRight size={14} />}>
            Look at the traces
          </Button>
        </>
      )}
    </section>
  );
}
