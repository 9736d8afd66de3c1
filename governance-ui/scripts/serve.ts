// Serves the export on a loopback port, with the configuration of one rollup beside it. Owns static files, their types and the
// headers that keep other scripts, frames and forms out; it is no backend: nothing is computed for a request.
//   node scripts/serve.ts --port 9300 --config deployment.json [--base /ipfs/x/]
// Invariant: only files of the export are served, and a path never leaves it.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';

const out = join(import.meta.dirname, '..', 'out');
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.json': 'application/json', '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8', '.ico': 'image/x-icon' };

const { values } = parseArgs({ options: { port: { type: 'string', default: '9300' }, config: { type: 'string' }, base: { type: 'string', default: '/' } } });

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

if (!existsSync(join(out, 'index.html'))) fail(`expected the export in ${out}; build it with: npm run build -w governance-ui`);
if (!values.base.startsWith('/') || !values.base.endsWith('/')) fail(`--base: expected a path that begins and ends with a slash, got ${values.base}`);
const config = values.config === undefined ? undefined : `window.KEYFALL_CONFIG = ${JSON.stringify(JSON.parse(readFileSync(values.config, 'utf8')))};\n`;

/** Inline scripts of the page by their digests; any other is refused by the browser. */
const inline = [...readFileSync(join(out, 'index.html'), 'utf8').matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
const HEADERS = {
  'content-security-policy': `default-src 'none'; script-src 'self' ${inline.join(' ')}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src http: https:; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin', 'cache-control': 'no-cache',
};

/** The file for a request's path, or undefined. */
function fileFor(path: string): string | undefined {
  if (!path.startsWith(values.base)) return undefined;
  const inside = normalize(`/${path.slice(values.base.length)}`);
  const file = join(out, inside.endsWith('/') ? `${inside}index.html` : inside);
  return file.startsWith(`${out}/`) && existsSync(file) && statSync(file).isFile() ? file : undefined;
}

const server = createServer((request, response) => {
  let path: string;
  try {
    path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
  } catch {
    // A broken escape names no file.
    path = '';
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
  if (config !== undefined && path === `${values.base}keyfall.config.js`) return void response.writeHead(200, { ...HEADERS, 'content-type': 'text/javascript; charset=utf-8' }).end(config);
  const file = fileFor(path);
  if (file === undefined) return void response.writeHead(404, { ...HEADERS, 'content-type': 'text/plain' }).end('not part of this page\n');
  response.writeHead(200, { ...HEADERS, 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
  if (request.method === 'HEAD') return void response.end();
  createReadStream(file).pipe(response);
});

server.listen(Number(values.port), '127.0.0.1', () => process.stdout.write(`governance UI at http://127.0.0.1:${values.port}${values.base}\n`));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close(() => process.exit(0)).closeAllConnections());
