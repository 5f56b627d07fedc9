/** Owns keeping a trace beyond retention, and letting it go again. */
import { ActionIcon, Modal, Tooltip } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Pin } from "lucide-react";
import { admin, wantsToken } from "../../api/client";
import { pinQuery } from "../../api/queries";
import { TokenForm } from "../../components/TokenForm";

export function PinButton({ traceId }: { traceId: string }) {
  const cache = useQueryClient();
  const query = useQuery(pinQuery(traceId));
  const pinned = query.data?.pinned ?? false;
  const change = useMutation({
    mutationFn: (pin: boolean) => admin(pin ? "PUT" : "DELETE", `/api/traces/${encodeURIComponent(traceId)}/pin`),
    onSettled: () => cache.invalidateQueries({ queryKey: pinQuery(traceId).queryKey }),
  });
  const retry = () => change.mutate(change.variables ?? true);
  const failed = change.error !== null && !wantsToken(change.error);
  const label = failed ? `It could not be changed: ${change.error?.message}` : pinned ? "Pinned: retention and purges spare this trace" : "Pin: keep this trace beyond retention";
  return (
    <>
      <Tooltip label={label}>
        <ActionIcon variant={pinned ? "light" : "subtle"} color={failed ? "red" : pinned ? "indigo" : "gray"} size={24} aria-label={pinned ? "Unpin this trace" : "Pin this trace"} aria-pressed={pinned} loading={change.isPending} onClick={() => change.mutate(!pinned)}>
          <Pin size={14} fill={pinned ? "currentColor" : "none"} />
        </ActionIcon>
      </Tooltip>
      {wantsToken(change.error) && (
        <Modal opened onClose={() => change.reset()} withCloseButton title="Pin the trace" closeButtonProps={{ "aria-label": "Close" }}>
          <TokenForm message={change.error?.message ?? ""} onSaved={retry} />
        </Modal>
      )}
    </>
  );
}
