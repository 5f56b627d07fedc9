/** Owns the page a newcomer starts on: what to set so that data arrives here, and whether it does. */
import { SegmentedControl, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { healthQuery } from "../../api/queries";
import { CopyIcon } from "../../components/CopyIcon";
import { one, useSearchParams } from "../../url/useSearchParams";
import { Arrivals } from "./Arrivals";
import { CodeBlock } from "./CodeBlock";
import classes from "./SendPage.module.css";
import { isLoopback, type Protocol, snippetsFor, type Target } from "./snippets";

function useTarget(): Target {
  const health = useQuery(healthQuery(30_000));
  return {
    host: window.location.hostname,
    grpcPort: health.data?.receivers?.grpc_port ?? 4317,
    httpPort: health.data?.receivers?.otlp_http_port ?? 4318,
  };
}

function Addresses({ target }: { target: Target }) {
  const rows = [
    { name: "OTLP over HTTP", address: `http://${target.host}:${target.httpPort}` },
    { name: "OTLP over gRPC", address: `http://${target.host}:${target.grpcPort}` },
  ];
  return (
    <dl className={classes.addresses}>
      {rows.map(({ name, address }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <code>{address}</code>
            <CopyIcon text={address} label={`Copy the address for ${name}`} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

export default function SendPage() {
  const [search, change] = useSearchParams();
  const target = useTarget();
  const protocol: Protocol = one(search.protocol) === "grpc" ? "grpc" : "http";
  const snippets = snippetsFor(target, protocol);
  const chosen = snippets.find((snippet) => snippet.id === one(search.language)) ?? snippets[0];
  return (
    <div className={classes.page}>
      <div className={classes.inner}>
        <header className={classes.head}>
          <h1>Send data</h1>
          <p>Argus speaks OpenTelemetry. Point any SDK or Collector at one of these addresses; nothing else is needed.</p>
        </header>
        <div className={classes.columns}>
          <div className={classes.main}>
            <Tabs value={chosen?.id ?? null} onChange={(language) => change({ language: language ?? undefined })} keepMounted={false}>
              <div className={classes.bar}>
                <Tabs.List className={classes.list} aria-label="Language">
                  {snippets.map(({ id, label }) => (
                    <Tabs.Tab key={id} value={id} className={classes.tab}>
                      {label}
                    </Tabs.Tab>
                  ))}
                </Tabs.List>
              </div>
              {snippets.map(({ id, steps, note }) => (
                <Tabs.Panel key={id} value={id} className={classes.steps}>
                  {steps.map((step) => (
                    <CodeBlock key={step.title} title={step.title} code={step.code} />
                  ))}
                  {note !== undefined && <p className={classes.note}>{note}</p>}
                </Tabs.Panel>
              ))}
            </Tabs>
          </div>
          <aside className={classes.side} aria-label="Arrivals and addresses">
            <Arrivals />
            <section className={classes.where}>
              <h2>Addresses</h2>
              <Addresses target={target} />
              <SegmentedControl size="xs" fullWidth aria-label="Protocol of the snippets" data={[{ value: "http", label: "HTTP" }, { value: "grpc", label: "gRPC" }]} value={protocol} onChange={(value) => change({ protocol: value === "grpc" ? "grpc" : undefined })} />
              <p className={classes.note}>{isLoopback(target.host) ? "These work on this machine. To receive from others, start Argus with HOST=0.0.0.0 and open this page under the machine's name." : "The port must be reachable from where your services run."}</p>
            </section>
          </aside>
        </div>
      </div>
    </div>
  );
}
