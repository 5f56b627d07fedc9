/** Fails when a source file imports from a zone it may not use, or outgrows the caps on size. */
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { filesBelow, root } from "./sources.mjs";

const allowed = {
  lib: ["lib", "api/types.ts"],
  api: ["api", "lib"],
  url: ["url", "lib"],
  components: ["components", "lib", "api/types.ts"],
  live: ["live", "lib", "api"],
  features: ["components", "lib", "api", "url", "live"],
};
const lineCap = (path) => (path.endsWith(".tsx") ? 150 : 400);
const inside = (zone, path) => path === zone || path.startsWith(`${zone}/`);

/** The zone's own folder is always open; a feature's own folder is features/<noun>, so no feature sees another. */
function mayImport(from, to) {
  const [zone, noun] = from.split("/");
  if (!(zone in allowed)) return true;
  const own = zone === "features" ? `features/${noun}` : zone;
  return inside(own, to) || allowed[zone].some((open) => inside(open, to) || inside(open, `${to}.ts`));
}

function complaintsOf(path) {
  const text = readFileSync(join(root, "src", path), "utf8");
  const lines = text.split("\n").length - 1;
  const found = lines > lineCap(path) ? [`src/${path} has ${lines} lines, at most ${lineCap(path)} are allowed`] : [];
  for (const [, name] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
    const to = posix.normalize(posix.join(dirname(path), name));
    if (!mayImport(path, to)) found.push(`src/${path} may not import src/${to}`);
  }
  return found;
}

const sources = filesBelow(join(root, "src"), join(root, "src")).filter((path) => /\.tsx?$/.test(path) && !/\.test\.|^testing\/|schema\.ts$/.test(path));
const found = sources.flatMap(complaintsOf);
for (const line of found) process.stderr.write(`${line}\n`);
if (found.length > 0) process.exit(1);
