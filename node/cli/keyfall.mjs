#!/usr/bin/env node
// The `keyfall` command as npm links it. It may be started by whatever Node a person has (20 or newer), so it does nothing but
// hand its arguments to the set-up, which makes sure of the pinned Node and the builds and then starts main.ts under it.
// Invariant: stdout belongs to the command alone; the set-up speaks on stderr.

process.argv.splice(2, 0, 'keyfall');
await import('../setup/bootstrap.mjs');
