// A real Chromium, headless, for screenshots and journeys. Owns where it is found, its flags, and the error when there is none.
// Debian's package is used, because nothing else is downloaded here.
// Invariant: nothing of a person's own browser profile is touched.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--disable-sync', '--disable-gpu'];

function found(): string | undefined {
  return [process.env['KEYFALL_CHROMIUM'] ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));
}

/** The browser's path; installs Debian's package where that is possible. @throws Error that says what to do */
export function chromiumPath(): string {
  const path = found();
  if (path !== undefined) return path;
  try {
    process.stderr.write('no Chromium here: installing Debian\'s package\n');
    execFileSync('apt-get', ['update', '-q'], { stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-q', 'chromium'], { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  } catch (cause) {
    throw new Error('expected a Chromium: install Debian\'s package (apt-get install -y chromium, as root), or name one in $KEYFALL_CHROMIUM', { cause });
  }
  const installed = found();
  if (installed === undefined) throw new Error(`the package chromium was installed, but none of ${PLACES.join(', ')} is there`);
  return installed;
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), headless: true, args: FLAGS });
}
