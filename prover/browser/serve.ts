/**
 * Serves prover modules to a page on this machine: types stripped, cross-origin isolated, nothing bundled.
 *
 *     node prover/browser/serve.ts [--port N]     # then import("/prover/browser/demo.ts") in the page it serves
 *
 * Owns: which files may be had and how specifiers of Node and of packages are put in a page's terms. Does not own: the prover.
 * Invariant: only files under prover/ and the one hash package are served, and only their stripped source.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = new URL("../../", import.meta.url);
const SERVED = /^\/(?:prover\/[a-z0-9/-]+\.ts|prover\/build\/kernels\.wasm|node_modules\/@noble\/hashes\/[a-z0-9_]+\.js)$/i;
const HEADERS = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp", "Cache-Control": "no-store" };
const TYPES: Readonly<Record<string, string>> = { ts: "text/javascript", js: "text/javascript", wasm: "application/wasm" };
const PAGE = (script: string): string => `<!doctype html><meta charset="utf-8"><title>Keyfall prover</title><script type="module" src="${script}"></script>`;

const inPage = (source: string): string => source
  .replaceAll('"node:assert/strict"', '"/prover/browser/assert.ts"')
  .replaceAll(/"@noble\/hashes\/([a-z0-9_]+\.js)"/g, '"/node_modules/@noble/hashes/$1"');

const answer = async (path: string, script: string): Promise<{ status: number; type: string; body: string | Uint8Array }> => {
  if (path === "/") return { status: 200, type: "text/html", body: PAGE(script) };
  if (!SERVED.test(path)) return { status: 404, type: "text/plain", body: `expected a prover module, got ${path}` };
  try {
    const bytes = await readFile(fileURLToPath(new URL(`.${path}`, ROOT)));
    const type = TYPES[path.split(".").at(-1) ?? ""] ?? "text/plain";
    if (path.endsWith(".ts")) return { status: 200, type, body: inPage(stripTypeScriptTypes(bytes.toString("utf8"))) };
    return { status: 200, type, body: bytes };
  } catch (error) {
    return { status: 404, type: "text/plain", body: String(error) };
  }
};

/** A server whose page runs `script`; `intercept` sees every request first and says whether it took it. */
export const proverServer = (script: string, intercept?: (request: IncomingMessage, response: ServerResponse) => boolean): Server =>
  createServer((request, response) => {
    if (intercept?.(request, response) === true) return;
    void answer(new URL(request.url ?? "/", "http://localhost").pathname, script).then(({ status, type, body }) => {
      response.writeHead(status, { ...HEADERS, "Content-Type": type });
      response.end(body);
    });
  });

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "8090" } } });
  proverServer("/prover/browser/demo.ts").listen(Number(values.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${values.port}/`));
}
