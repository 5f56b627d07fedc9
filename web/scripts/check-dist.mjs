/** Fails when dist was not built from the sources beside it, or was changed after it was built. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dist, filesBelow, sha256, sourcesHash } from "./sources.mjs";

function complaints() {
  const manifestPath = join(dist, "manifest.json");
  if (!existsSync(manifestPath)) return ["web/dist/manifest.json is missing"];
  const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
  const present = filesBelow(dist, dist).filter((path) => path !== "manifest.json");
  const found = [];
  if (manifest.sources !== sourcesHash()) found.push("web/dist was built from other sources");
  for (const path of Object.keys(manifest.files)) {
    if (!present.includes(path)) found.push(`web/dist/${path} is missing`);
    else if (sha256(readFileSync(join(dist, path))) !== manifest.files[path]) found.push(`web/dist/${path} was changed after the build`);
  }
  return [...found, ...present.filter((path) => !(path in manifest.files)).map((path) => `web/dist/${path} is not part of the build`)];
}

const found = complaints();
for (const line of found) process.stderr.write(`${line}\n`);
if (found.length > 0) {
  process.stderr.write("run: npm run build (in web/) and commit web/dist\n");
  process.exit(1);
}
