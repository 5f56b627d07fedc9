/** Owns the mark and the name. */
import classes from "./Brand.module.css";

export function Brand({ slim = false }: { slim?: boolean }) {
  return (
    <span className={classes.brand}>
      <svg viewBox="0 0 32 32" width={24} height={24} aria-hidden="true">
        <rect width="32" height="32" rx="8" className={classes.tile} />
        <path d="M4.5 16C7.2 10.7 11.3 8 16 8s8.800 2.700 11.500 8c-2.700 5.300-6.800 8-11.500 8S7.200 21.300 4.500 16Z" fill="none" stroke="#fff" strokeWidth="2.2" strokeLinejoin="round" />
        <circle cx="16" cy="16" r="4.6" fill="#fff" />
        <circle cx="16" cy="16" r="2" className={classes.tile} />
      </svg>
      {!slim && <span className={classes.name}>Argus</span>}
    </span>
  );
}
