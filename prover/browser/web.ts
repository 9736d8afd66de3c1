// The few names of a page that the prover uses, typed by hand: the project compiles against Node's types, not the DOM's.
// Owns: their types. Invariant: outside a page they are undefined, and only browser/ reads them.

import type { FromWorker, ToWorker } from "../backend/kernel-worker.ts";

export type WebWorker = {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: { readonly data: FromWorker }) => void) | null;
  onerror: ((event: { readonly message: string }) => void) | null;
};

type Page = {
  readonly crossOriginIsolated: boolean | undefined;
  readonly Worker: new (url: URL, options: { readonly type: "module" }) => WebWorker;
  readonly document: { readonly body: { textContent: string } } | undefined;
};
type WorkerScope = { postMessage(message: FromWorker): void; onmessage: ((event: { readonly data: ToWorker }) => void) | null };

export const page = globalThis as unknown as Page;
export const workerScope = globalThis as unknown as WorkerScope;
