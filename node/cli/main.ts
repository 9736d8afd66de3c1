// The `keyfall` command: parses its arguments, runs one command, turns its end into an exit code.
// Owns nothing else: the commands' names, options and help are in surface.ts, what they do is in commands/.
// Invariant: exit codes are those of failure.ts, also for mistakes that commander finds itself.

import { CommanderError } from 'commander';
import { reportFailure, reportMistake } from './output.ts';
import { createProgram } from './surface.ts';

// Handles of libraries (pollers, sockets) must not keep the process of a command that has ended, hence exit() and not exitCode.

const args = process.argv.slice(2);
try {
  await createProgram().parseAsync(args, { from: 'user' });
  process.exit();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : reportMistake(args.includes('--json'), error.message));
  process.exit(reportFailure(args.includes('--json'), error));
}
