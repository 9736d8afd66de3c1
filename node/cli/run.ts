// One command from its arguments to its exit code. Owns turning every end, commander's own mistakes included, into a code of failure.ts;
// what a command is called is in surface.ts, what it does in commands/.
// Invariant: it never ends the process, so that one process can run several commands in turn; the entry, main.ts, runs exactly one.

import { CommanderError } from 'commander';
import { reportFailure, reportMistake } from './output.ts';
import { createProgram } from './surface.ts';

/** Runs `keyfall` with these arguments. @returns its exit code */
export async function runCommand(args: readonly string[]): Promise<number> {
  const isJson = args.includes('--json');
  // A command that ends well and yet has something to say sets it: *unknown*, or the code of the program it started.
  process.exitCode = undefined;
  try {
    await createProgram().parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : reportMistake(isJson, error.message);
    return reportFailure(isJson, error);
  }
}
