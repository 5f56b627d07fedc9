/** Owns the list of requests that wait on disk: replay, delete, and the token these need beyond loopback. */
import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, RotateCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { admin, wantsToken } from "../../api/client";
import { deadLettersQuery } from "../../api/queries";
import type { DeadLetter } from "../../api/types";
import { EmptyPanel, ErrorPanel, SkeletonRows } from "../../components/Panels";
import { TokenForm } from "../../components/TokenForm";
import { useNow } from "../../components/useNow";
import { formatBytes, formatCount } from "../../lib/count";
import { formatAgo, formatExact } from "../../lib/moment";
import classes from "./AdminPage.module.css";
import { DeleteDialog } from "./DeleteDialog";

type Deed = { method: "POST" | "DELETE"; letter: DeadLetter };

function useDeeds() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ method, letter }: Deed) => admin(method, `/api/admin/dlq/${encodeURIComponent(letter.id)}${method === "POST" ? "/replay" : ""}`),
    onSettled: () => cache.invalidateQueries({ queryKey: deadLettersQuery().queryKey }),
  });
}

function Deeds({ busy, onReplay, onDelete }: { busy: boolean; onReplay: () => void; onDelete: () => void }) {
  return (
    <span className={classes.actions}>
      <Button size="compact-xs" variant="default" leftSection={<RotateCw size={13} />} loading={busy} onClick={onReplay}>
        Replay
      </Button>
      <Button size="compact-xs" variant="subtle" color="red" leftSection={<Trash2 size={13} />} onClick={onDelete}>
        Delete
      </Button>
    </span>
  );
}

function Line({ letter, now, busy, onReplay, onDelete }: { letter: DeadLetter; now: number; busy: boolean; onReplay: () => void; onDelete: () => void }) {
  return (
    <tr className={classes.row}>
      <td title={formatExact(letter.received_at)}>{formatAgo(letter.received_at, now)}</td>
      <td>{letter.signal}</td>
      <td className={classes.dim} data-wide>{letter.tenant}</td>
      <td data-number>{formatCount(letter.records)}</td>
      <td data-number data-wide>{formatBytes(letter.bytes)}</td>
      <td data-number data-wide>{letter.attempts}</td>
      <td className={classes.reason} title={letter.reason}>{letter.reason}</td>
      <td>
        <Deeds busy={busy} onReplay={onReplay} onDelete={onDelete} />
      </td>
    </tr>
  );
}

const heads: [text: string, number?: boolean, wide?: boolean][] = [["Received"], ["Signal"], ["Tenant", false, true], ["Records", true], ["Size", true, true], ["Attempts", true, true], ["Why it waits"], ["Actions", true]];

export function DeadLetters() {
  const query = useInfiniteQuery(deadLettersQuery());
  const deeds = useDeeds();
  const now = useNow();
  const [doomed, setDoomed] = useState<DeadLetter | null>(null);
  const refused = [deeds.error, query.error].find(wantsToken);
  if (refused) {
    const retry = () => {
      deeds.reset();
      void query.refetch();
    };
    return <TokenForm message={refused.message} onSaved={retry} />;
  }
  if (query.data === undefined) return query.isError ? <ErrorPanel title="The dead letters could not be loaded" error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows height={34} count={6} />;
  const letters = query.data.pages.flatMap((page) => page.files);
  const failed = deeds.error !== null && <p className={classes.failed} role="alert">{deeds.variables?.method === "DELETE" ? "It was not deleted" : "It still waits"}: {deeds.error.message}</p>;
  if (letters.length === 0) {
    return (
      <>
        {failed}
        <EmptyPanel icon={CircleCheck} title="No request waits" text="When the database cannot take a request, it is kept on disk, listed here and replayed by itself." />
      </>
    );
  }
  return (
    <>
      {failed}
      <p className={classes.lead}>Requests that the database could not take, oldest first. Their senders were told that the records are safe; Argus replays them by itself.</p>
      <table className={classes.table} aria-label="Dead letters">
        <thead>
          <tr>
            {heads.map(([text, number, wide]) => (
              <th key={text} scope="col" data-number={number || undefined} data-wide={wide || undefined}>{text}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {letters.map((letter) => (
            <Line key={letter.id} letter={letter} now={now} busy={deeds.isPending && deeds.variables.letter.id === letter.id} onReplay={() => deeds.mutate({ method: "POST", letter })} onDelete={() => setDoomed(letter)} />
          ))}
        </tbody>
      </table>
      {query.hasNextPage && <Button m={16} size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more</Button>}
      <DeleteDialog letter={doomed} onClose={() => setDoomed(null)} onDelete={(letter) => deeds.mutate({ method: "DELETE", letter })} />
    </>
  );
}
