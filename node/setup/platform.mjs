// What the set-up expects of the machine, checked before anything is downloaded, with a message that says what was found.
// It owns the check only: it installs nothing. A platform that was never tried is refused rather than half working.

import { SetupError } from './progress.mjs';

const OLDEST_GLIBC = [2, 28];

/** @throws {SetupError} when this machine is not one the pinned toolchain runs on */
export function checkPlatform() {
  const found = `${process.platform} ${process.arch}`;
  if (found !== 'linux x64') {
    throw new SetupError(`expected linux x64 (Debian 12 is what this is tried on), found ${found}. On other systems use a Debian container.`);
  }
  const glibc = process.report.getReport().header.glibcVersionRuntime;
  if (glibc === undefined) throw new SetupError('expected a system with glibc (Debian 12), found one without: musl is not supported.');
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  if (major < OLDEST_GLIBC[0] || (major === OLDEST_GLIBC[0] && minor < OLDEST_GLIBC[1])) {
    throw new SetupError(`expected glibc ${OLDEST_GLIBC.join('.')} or newer, found ${glibc}`);
  }
}
