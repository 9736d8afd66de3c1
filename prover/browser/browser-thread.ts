// A kernel thread in a page: the module worker that browser-platform.ts starts.
// Owns: wiring the worker's own port to kernel-worker.ts, as node-thread.ts does in Node.

import { kernelWorker } from "../backend/kernel-worker.ts";
import { workerScope } from "./web.ts";

const handle = kernelWorker((message) => workerScope.postMessage(message));
workerScope.onmessage = (event) => void handle(event.data);
