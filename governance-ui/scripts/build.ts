// Builds the export and says what it is: Next's static export into out/, then a digest of every file, so that a person can compare
// their own build with one that is served to them.
// Owns these two steps. Invariant: the digest depends on the files alone, in sorted order.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const out = join(root, 'out');

function filesBelow(directory: string): string[] {
  return readdirSync(join(out, directory)).toSorted().flatMap((name) => {
    const path = directory === '' ? name : `${directory}/${name}`;
    return statSync(join(out, path)).isDirectory() ? filesBelow(path) : [path];
  });
}

rmSync(out, { recursive: true, force: true });
const { status } = spawnSync('next', ['build'], { cwd: root, stdio: 'inherit', env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' } });
if (status !== 0) process.exit(status ?? 1);
const digest = createHash('sha256');
const files = filesBelow('');
for (const path of files) digest.update(`${path}\0`).update(createHash('sha256').update(readFileSync(join(out, path))).digest());
process.stdout.write(`governance-ui/out: ${files.length} files, sha256 ${digest.digest('hex')}\n`);
