// The `keyfall` command: runs one command and ends with its exit code. Owns nothing else.
// Invariant: handles of libraries (pollers, sockets) must not keep the process of a command that has ended, hence exit() and not exitCode.

import { runCommand } from './run.ts';

process.exit(await runCommand(process.argv.slice(2)));
