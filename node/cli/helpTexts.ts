// Parts of help texts that several commands share.
// Owns the wording of exit codes and of where a key comes from, and the form of examples. Does not own which command shows them.
// Invariant: exit codes are those of failure.ts, key sources those of keys.ts.

export const EXIT_CODE_HELP = `
Exit codes:
  0 done   1 failed   2 used wrongly   3 an endpoint cannot be reached   4 unknown: it could not be checked`;

export const KEY_HELP = `
The key that signs comes from one of:
  --account N        account N of the running devnet (publicly known keys, worth nothing)
  --keystore FILE    an encrypted keystore; its password from $KEYFALL_KEYSTORE_PASSWORD or the terminal
  $KEYFALL_PRIVATE_KEY   32 bytes of hex
It is never an argument, because arguments end up in histories and process lists.`;

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}
