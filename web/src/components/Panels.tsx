/** Owns what a panel says when it has no rows: why it is empty, what went wrong, that it is loading. */
import { Button, Skeleton } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./Panels.module.css";

/** Says why there is nothing, with the one click that changes it as children. */
export function EmptyPanel({ icon: Icon, title, text, children }: { icon: LucideIcon; title: string; text?: ReactNode; children?: ReactNode }) {
  return (
    <div className={classes.panel}>
      <span className={classes.icon}>
        <Icon size={26} strokeWidth={1.6} aria-hidden="true" />
      </span>
      <h2 className={classes.title}>{title}</h2>
      {text !== undefined && <p className={classes.text}>{text}</p>}
      {children !== undefined && <div className={classes.actions}>{children}</div>}
    </div>
  );
}

/** Says what went wrong in the panel it happened in, and offers to try again. */
export function ErrorPanel({ title, error, onRetry }: { title: string; error: Error; onRetry: () => void }) {
  return (
    <div className={classes.panel} role="alert">
      <span className={classes.icon} data-error>
        <CircleAlert size={26} strokeWidth={1.6} aria-hidden="true" />
      </span>
      <h2 className={classes.title}>{title}</h2>
      <p className={classes.text}>{error.message}</p>
      <div className={classes.actions}>
        <Button size="xs" variant="default" leftSection={<RotateCw size={14} />} onClick={onRetry}>
          Try again
        </Button>
      </div>
    </div>
  );
}

/** Grey rows of the height the real ones will have. */
export function SkeletonRows({ height, count = 18 }: { height: number; count?: number }) {
  return (
    <div aria-busy="true" role="status" aria-label="Loading" className={classes.skeletons}>
      {Array.from({ length: count }, (_, at) => (
        <div key={at} className={classes.skeleton} style={{ height, opacity: 1 - at / (count + 4) }}>
          <Skeleton height={10} width={64} radius="sm" />
          <Skeleton height={10} width={`${22 + ((at * 37) % 23)}%`} radius="sm" />
          <Skeleton height={10} width={`${12 + ((at * 53) % 17)}%`} radius="sm" ml="auto" />
          <Skeleton height={10} width={90} radius="sm" />
        </div>
      ))}
    </div>
  );
}
