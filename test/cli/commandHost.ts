/**
 * A process that runs keyfall's commands one after the other, for tests that need many: the libraries are loaded once, and what each
 * command prints goes back to the parent. test/cli/warmCommands.ts starts it. What a single start of the real entry does is shown by
 * command.test.ts.
 */
import { runCommand } from '../../node/cli/run.ts';

interface Asked { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }

/** Runs one command with its output kept. */
async function runKept({ args, env }: Asked): Promise<{ code: number; stdout: string; stderr: string }> {
  const kept = { stdout: '', stderr: '' };
  const { stdout, stderr } = process;
  const originals = { stdout: stdout.write.bind(stdout), stderr: stderr.write.bind(stderr) };
  delete process.env['KEYFALL_PRIVATE_KEY'];
  Object.assign(process.env, env);
  stdout.write = (chunk: string | Uint8Array): boolean => { kept.stdout += String(chunk); return true; };
  stderr.write = (chunk: string | Uint8Array): boolean => { kept.stderr += String(chunk); return true; };
  try {
    return { code: await runCommand(args), ...kept };
  } finally {
    [stdout.write, stderr.write] = [originals.stdout, originals.stderr];
  }
}

process.on('message', (asked: Asked) => {
  void runKept(asked).then((ended) => process.send?.(ended));
});
