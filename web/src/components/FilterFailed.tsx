/** Owns what stands in a list's place when it could not be loaded: a filter that cannot be read, or anything else. */
import { Button } from "@mantine/core";
import { ListX } from "lucide-react";
import { EmptyPanel, ErrorPanel } from "./Panels";

type Props = { title: string; error: Error; /** What the server said against the filter, if that is why. */ fault: string | null; onRetry: () => void; onClear: () => void };

export function FilterFailed({ title, error, fault, onRetry, onClear }: Props) {
  if (fault === null) return <ErrorPanel title={title} error={error} onRetry={onRetry} />;
  return (
    <EmptyPanel icon={ListX} title="This filter cannot be read" text={`${fault.replace(/^filter: /, "").replace(/^c/, "C")}. It is marked in the field above.`}>
      <Button size="xs" onClick={onClear}>
        Clear the filter
      </Button>
    </EmptyPanel>
  );
}
