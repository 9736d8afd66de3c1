// The prover in a page: Debian's chromium proves and verifies on two Web Workers over shared memory, byte for byte as Node does.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { WasmBackend } from "../../../prover/backend/wasm-backend.ts";
import { demoProof } from "../../../prover/browser/demo.ts";
import { proverServer } from "../../../prover/browser/serve.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync",
  "--disable-dev-shm-usage",
];

test("a page proves and verifies a keccak-f segment, and its bytes are Node's", { timeout: 240_000 }, async (context) => {
  if (!existsSync(CHROMIUM)) {
    context.skip("deferred: chromium: no /usr/bin/chromium; apt-get install -y chromium brings it");
    return;
  }
  const profile = mkdtempSync(join(tmpdir(), "keyfall-chromium-"));
  const reported = Promise.withResolvers<string>();
  const server = proverServer("/prover/browser/demo.ts", (request, response) => {
    if (request.url !== "/report") return false;
    let body = "";
    request.on("data", (chunk: Buffer) => { body += chunk.toString("utf8"); });
    request.on("end", () => { response.end(); reported.resolve(body); });
    return true;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const browser = spawn(CHROMIUM, [...FLAGS, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let errors = "";
  browser.stderr.on("data", (chunk: Buffer) => { errors += chunk.toString("utf8"); });
  browser.once("exit", (code) => reported.reject(new Error(`chromium exited with ${code} before it reported: ${errors.slice(-2000)}`)));
  const backend = await WasmBackend.create({ threadCount: 1, maxLogSize: 7 });
  try {
    const [report, own] = await Promise.all([reported.promise, demoProof(backend)]);
    const { error, verdict, isIsolated, proof, proveMs } = JSON.parse(report) as Record<string, unknown>;
    assert.equal(error, undefined);
    assert.deepEqual(verdict, { ok: true });
    assert.equal(isIsolated, true);
    assert.equal(proof, Buffer.from(own.bytes).toString("hex"));
    context.diagnostic(`proven in the page in ${Math.round(Number(proveMs))} ms`);
  } finally {
    browser.removeAllListeners("exit");
    const gone = once(browser, "exit");
    // The whole group: chromium is many processes.
    if (browser.exitCode === null && browser.pid !== undefined) {
      process.kill(-browser.pid, "SIGKILL");
      await gone;
    }
    server.closeAllConnections();
    server.close();
    await backend.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
});
