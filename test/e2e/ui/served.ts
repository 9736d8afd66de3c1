// The built page, served for a rollup by the project's own static server. Owns the process and its end.
// Invariant: the page is the one that was built, under its own content security policy.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..', '..', '..');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

/** What the page is configured with beside it. */
export function pageConfig({ rollup, l1, l2, deployBlock = 0, watchtower }: { rollup: string; l1: string; l2: string; deployBlock?: number; watchtower?: string }): Record<string, unknown> {
  const chain = (chainId: number, url: string): unknown => ({ chainId, endpoints: [{ url, operator: 'test' }] });
  return { rollup, deployBlock, l1: chain(31_337, l1), l2: chain(531_337, l2), ...(watchtower === undefined ? {} : { watchtower }) };
}

/** @returns its address */
export async function servePage(t: Pick<TestContext, 'after'>, folder: string, rollup: Parameters<typeof pageConfig>[0]): Promise<string> {
  const config = join(folder, 'ui.json');
  writeFileSync(config, JSON.stringify(pageConfig(rollup)));
  const port = await freePort();
  const child = spawn(process.execPath, [join(ROOT, 'governance-ui/scripts/serve.ts'), '--port', String(port), '--config', config], { stdio: 'ignore' });
  t.after(() => child.kill('SIGTERM'));
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt += 1) {
    try {
      if ((await fetch(url)).ok) return url;
    } catch (error) {
      if (attempt > 300) throw error;
    }
    await sleep(100);
  }
}
