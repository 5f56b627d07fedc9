/** Owns what the bundle is made from: the list of its sources and one hash over them. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";

export const root = resolve(import.meta.dirname, "..");
export const dist = join(root, "dist");

const inputs = ["index.html", "package-lock.json", "package.json", "postcss.config.mjs", "public", "scripts/build.mjs", "src", "tsconfig.json", "vite.config.ts"];
const isTest = (path) => /\.test\.tsx?$/.test(path) || path.startsWith("src/testing/");

/** Every file below a path, as sorted paths relative to `base` with forward slashes. */
export function filesBelow(path, base) {
  if (!statSync(path).isDirectory()) return [relative(base, path).split(sep).join("/")];
  return readdirSync(path)
    .flatMap((name) => filesBelow(join(path, name), base))
    .sort();
}

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** One hash over everything the bundle depends on; tests are no part of it. */
export function sourcesHash() {
  const hash = createHash("sha256");
  for (const path of inputs.flatMap((input) => filesBelow(join(root, input), root)).sort()) {
    if (isTest(path)) continue;
    hash.update(path).update("\0").update(sha256(readFileSync(join(root, path)))).update("\n");
  }
  return hash.digest("hex");
}
