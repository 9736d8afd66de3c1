// A kernel thread in Node: the entry that worker_threads runs.
// Owns: wiring parentPort to kernel-worker.ts. A browser entry would wire `self` the same way.

import { parentPort } from "node:worker_threads";
import { kernelWorker } from "./kernel-worker.ts";
import type { ToWorker } from "./kernel-worker.ts";

if (parentPort === null) throw new Error("node-thread.ts runs inside a worker thread only");
const port = parentPort;
const handle = kernelWorker((message) => port.postMessage(message));
port.on("message", (message: ToWorker) => void handle(message));
