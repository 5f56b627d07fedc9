/** Owns what this Argus is: version, ports, where its descriptions are. */
import { useQuery } from "@tanstack/react-query";
import { healthQuery } from "../../api/queries";
import { AttributeList } from "../../components/AttributeList";
import { ErrorPanel, SkeletonRows } from "../../components/Panels";
import classes from "./AdminPage.module.css";

export function About() {
  const query = useQuery(healthQuery(30_000));
  if (query.data === undefined) return query.isError ? <ErrorPanel title="Argus cannot be reached" error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows height={34} count={4} />;
  const { version, receivers } = query.data;
  return (
    <div className={classes.about}>
      <p>Argus receives OpenTelemetry traces and logs, keeps them on this machine and shows them. It asks no other host for anything.</p>
      <AttributeList flat attributes={{ version, "OTLP gRPC port": receivers.grpc_port, "OTLP HTTP port": receivers.otlp_http_port, "web and API port": receivers.http_port }} />
      <p>
        <a href="/api/openapi.json">Description of the API (OpenAPI)</a> · <a href="/metrics">Argus’ own metrics (Prometheus)</a>
      </p>
    </div>
  );
}
