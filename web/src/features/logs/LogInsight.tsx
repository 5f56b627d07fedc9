/** Owns what the AI makes of a log record, with what it rests on, and what would be sent for it. */
import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Sparkles } from "lucide-react";
import { post } from "../../api/client";
import { insightPreviewQuery, insightQuery } from "../../api/queries";
import type { Log } from "../../api/types";
import { EmptyPanel, ErrorPanel } from "../../components/Panels";
import { Section } from "../../components/Section";
import { Severity } from "../../components/Severity";
import { oneLine } from "../../lib/attributes";
import { formatCount } from "../../lib/count";
import { InsightSaid } from "./InsightSaid";
import classes from "./LogInsight.module.css";

function Preview({ log }: { log: Log }) {
  const preview = useQuery(insightPreviewQuery(log.id));
  if (preview.isError) return <p className={classes.problem}>The preview could not be loaded: {preview.error.message}</p>;
  if (preview.data === undefined) return <Skeleton height={90} radius="sm" />;
  const { model, endpoint, messages, most_tokens } = preview.data;
  return (
    <>
      <p className={classes.note}>
        This and nothing else leaves this machine, after secrets were taken out: to {endpoint ?? "nowhere yet"}
        {model !== null && `, for ${model}`}, at most about {formatCount(most_tokens)} tokens.
      </p>
      {messages.map(({ role, content }) => (
        <section key={role} aria-label={`Message of the ${role}`}>
          <pre className={classes.preview}>{content}</pre>
        </section>
      ))}
    </>
  );
}

export function LogInsight({ log }: { log: Log }) {
  const client = useQueryClient();
  const query = useQuery(insightQuery(log.id));
  const ask = useMutation({
    mutationFn: (anew: boolean) => post(`/api/logs/${encodeURIComponent(log.id)}/insight`, anew ? { anew: "true" } : {}),
    onSettled: () => client.invalidateQueries({ queryKey: insightQuery(log.id).queryKey }),
  });
  if (query.isError) return <ErrorPanel title="The insight could not be loaded" error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton height={120} m={16} w="auto" radius="sm" />;
  const insight = query.data;
  if (insight === null || insight.status === "disabled") {
    return <EmptyPanel icon={Sparkles} title="Insights are off" text="Argus asks a language model about errors once one is configured: set OPENAI_BASE_URL and OPENAI_MODEL, or the AZURE_OPENAI_ variables, and start it again. Nothing is sent anywhere until then." />;
  }
  const said = insight.status === "ready";
  return (
    <div className={classes.insight}>
      <p className={classes.subject}>
        <Severity severity={log.severity} />
        <span>{oneLine(log.body)}</span>
      </p>
      {said && <InsightSaid insight={insight} log={log} />}
      {insight.status === "pending" ? (
        <p className={classes.waiting} role="status">
          The model is thinking about it…
        </p>
      ) : (
        <div className={classes.ask}>
          {!said && <p>Nobody has asked about records like this one yet.</p>}
          <Button size="xs" variant={said ? "default" : "filled"} leftSection={<Sparkles size={14} />} loading={ask.isPending} onClick={() => ask.mutate(said)}>
            {said ? "Ask again" : "Ask about it"}
          </Button>
        </div>
      )}
      {ask.isError && (
        <p className={classes.problem} role="alert">
          {ask.error.message}
        </p>
      )}
      <Section title="What is sent" startOpen={insight.status === "none"}>
        <Preview log={log} />
      </Section>
    </div>
  );
}
