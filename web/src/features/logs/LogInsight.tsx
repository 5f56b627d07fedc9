/** Owns what the AI makes of a log record, with what it rests on, and what would be sent for it. */
import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Sparkles } from "lucide-react";
import { post } from "../../api/client";
import { insightPreviewQuery, insightQuery } from "../../api/queries";
import type { Log } from "../../api/types";
import { EmptyPanel, ErrorPanel } from "../../components/Panels";
import { Section } from "../../components/Section";
import { type Insight, previewText } from "../../lib/insight";
import { InsightEvidence } from "./InsightEvidence";
import classes from "./LogInsight.module.css";

function Said({ insight, log }: { insight: Insight; log: Log }) {
  const whole = insight.summary === "" && insight.cause === "";
  return (
    <article className={classes.said}>
      {whole ? <p className={classes.text}>{insight.text}</p> : <p className={classes.summary}>{insight.summary}</p>}
      {insight.cause !== "" && (
        <>
          <h3>Likely cause</h3>
          <p className={classes.text}>{insight.cause}</p>
        </>
      )}
      {insight.checks.length > 0 && (
        <>
          <h3>Worth checking</h3>
          <ol>
            {insight.checks.map((check) => (
              <li key={check}>{check}</li>
            ))}
          </ol>
        </>
      )}
      {insight.evidence.length > 0 && <InsightEvidence evidence={insight.evidence} log={log} />}
      <footer>
        {insight.confidence !== "" && <span>Confidence: {insight.confidence}</span>}
        {insight.model !== "" && <span>{insight.model}</span>}
        <span>Written by a language model: check before you act on it.</span>
      </footer>
    </article>
  );
}

function Preview({ log }: { log: Log }) {
  const preview = useQuery(insightPreviewQuery(log.id));
  if (preview.isError) return <p className={classes.problem}>The preview could not be loaded: {preview.error.message}</p>;
  if (preview.data === undefined) return <Skeleton height={90} radius="sm" />;
  return (
    <>
      <p className={classes.note}>This is all that leaves this machine, after secrets were taken out.</p>
      <pre className={classes.preview}>{previewText(preview.data)}</pre>
    </>
  );
}

export function LogInsight({ log }: { log: Log }) {
  const client = useQueryClient();
  const query = useQuery(insightQuery(log.id));
  const ask = useMutation({ mutationFn: () => post(`/api/logs/${encodeURIComponent(log.id)}/insight`), onSettled: () => client.invalidateQueries({ queryKey: insightQuery(log.id).queryKey }) });
  if (query.isError) return <ErrorPanel title="The insight could not be loaded" error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton height={120} m={16} w="auto" radius="sm" />;
  if (query.data === null || query.data.status === "disabled") {
    return <EmptyPanel icon={Sparkles} title="Insights are off" text="Argus asks a language model about errors once one is configured: set OPENAI_BASE_URL and OPENAI_MODEL, or the AZURE_OPENAI_ variables, and start it again. Nothing is sent anywhere until then." />;
  }
  const insight = query.data;
  return (
    <div className={classes.insight}>
      {insight.status === "ready" && <Said insight={insight} log={log} />}
      {insight.status === "pending" && <p className={classes.waiting} role="status">The model is thinking about it…</p>}
      {insight.status === "none" && (
        <div className={classes.ask}>
          <p>{insight.problem === "" ? "Nobody has asked about this record yet." : insight.problem}</p>
          <Button size="xs" leftSection={<Sparkles size={14} />} loading={ask.isPending} onClick={() => ask.mutate()}>
            Ask about it
          </Button>
        </div>
      )}
      {ask.isError && <p className={classes.problem} role="alert">{ask.error.message}</p>}
      <Section title={insight.status === "ready" ? "What was sent" : "What would be sent"} startOpen={insight.status === "none"}>
        <Preview log={log} />
      </Section>
    </div>
  );
}
