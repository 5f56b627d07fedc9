/** Builds dist: the Vite bundle, a .br and a .gz beside each text file, and the manifest that `check:dist` compares. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";
import { dist, filesBelow, root, sha256, sourcesHash } from "./sources.mjs";

const firstLoadLimit = 250 * 1024;
const compressible = /\.(html|js|css|svg|json)$/;

function gzip(bytes) {
  const packed = gzipSync(bytes, { level: 9 });
  packed[9] = 255; // the operating system field of RFC 1952: unknown, so that every machine writes the same bytes
  return packed;
}

function compress() {
  for (const path of filesBelow(dist, dist).filter((name) => compressible.test(name))) {
    const bytes = readFileSync(join(dist, path));
    const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
    writeFileSync(join(dist, `${path}.br`), brotliCompressSync(bytes, options));
    writeFileSync(join(dist, `${path}.gz`), gzip(bytes));
  }
}

/** Bytes a browser fetches before the first page can be drawn: what index.html names, and the text font. */
function firstLoad() {
  const html = readFileSync(join(dist, "index.html"), "utf8");
  const named = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1]);
  const font = filesBelow(dist, dist).filter((path) => /inter-latin-wght-normal.*\.woff2$/.test(path));
  const size = (path) => readFileSync(join(dist, compressible.test(path) ? `${path}.gz` : path)).length;
  return ["index.html", ...named, ...font].reduce((sum, path) => sum + size(path), 0);
}

await build({ root, logLevel: "warn" });
compress();
const files = Object.fromEntries(filesBelow(dist, dist).map((path) => [path, sha256(readFileSync(join(dist, path)))]));
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify({ sources: sourcesHash(), files }, null, 1)}\n`);
const bytes = firstLoad();
process.stdout.write(`first load: ${(bytes / 1024).toFixed(1)} KiB gzipped, ${Object.keys(files).length} files\n`);
if (bytes > firstLoadLimit) {
  process.stderr.write(`first load is over ${firstLoadLimit / 1024} KiB\n`);
  process.exit(1);
}
