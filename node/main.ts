// Entry of the rollup node: process matters only.
//
// Owns: arguments, signals, exit codes, the line that says the node serves. Does not own: the node (start.ts).
// Exit codes: 0 stopped as asked, 1 a fault ended it, 2 wrong arguments.

import pino from 'pino';
import { configurationOrExit, NODE_USAGE, parseNodeConfig } from './config.ts';
import { runProcess } from './process.ts';
import { startNode } from './start.ts';

const config = configurationOrExit(NODE_USAGE, parseNodeConfig);
const logger = pino({ name: 'node', level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
await runProcess({ logger, stopsWithParent: config.stopsWithParent }, async (signal, die) => {
  const node = await startNode(config, logger, signal, die);
  process.stdout.write(`${JSON.stringify({ ready: true, port: node.port, host: config.host, mode: config.isSequencer ? 'sequencer' : 'follower' })}\n`);
  await node.ended;
});
