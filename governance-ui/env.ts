// Where the page finds its rollup: what the server beside it says (keyfall.config.js sets a global, which also works from a disk),
// and what the person set in Settings, which wins. Owns where that is kept; its shape is chain/deployment.ts.
// Invariant: settings that do not parse are reported, and the server's are not taken in their place.

import { parseDeployment, plainDeployment } from './chain/deployment.ts';
import type { Deployment } from './chain/deployment.ts';

export type DeploymentResult = { readonly ok: true; readonly deployment: Deployment; readonly source: 'settings' | 'server' } | { readonly ok: false; readonly why: string };

const SETTINGS_KEY = 'keyfall.settings.1';

/** What counts now. */
export function loadDeployment(): DeploymentResult {
  const stored = window.localStorage.getItem(SETTINGS_KEY);
  const served = (window as { KEYFALL_CONFIG?: unknown }).KEYFALL_CONFIG;
  const source = stored === null ? 'server' : 'settings';
  if (stored === null && (served === undefined || served === null)) return { ok: false, why: 'no rollup is configured here yet' };
  try {
    return { ok: true, deployment: parseDeployment(stored === null ? served : JSON.parse(stored)), source };
  } catch (error) {
    return { ok: false, why: `the ${source === 'settings' ? 'stored settings are' : 'configuration beside the page is'} not usable: ${error instanceof Error ? error.message : String(error)}` };
  }
}

export function storeDeployment(deployment: Deployment): void {
  window.localStorage.setItem(SETTINGS_KEY, JSON.stringify(plainDeployment(deployment)));
}

/** Back to what the server says. */
export function forgetDeployment(): void {
  window.localStorage.removeItem(SETTINGS_KEY);
}
