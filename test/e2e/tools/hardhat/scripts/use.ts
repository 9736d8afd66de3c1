// What a Hardhat user's script does: deploy, call, send, catch a custom error, read events. Prints what it saw as one JSON line.
// Owns the script; what must be seen is for the test that runs it.
import { network } from 'hardhat';

const { ethers } = await network.getOrCreate();
const probe = await ethers.deployContract('Probe', [5n]);
await probe.waitForDeployment();
const receipt = await (await probe.getFunction('store')(7n, 'hardhat')).wait();
const errors: string[] = [];
for (const value of [1_000_001n, 13n]) {
  try {
    await probe.getFunction('store').staticCall(value, 'refused');
  } catch (error) {
    const { data, shortMessage } = error as { data?: string; shortMessage?: string };
    errors.push(probe.interface.parseError(data ?? '0x')?.name ?? shortMessage ?? String(error));
  }
}
let sendError = '';
try {
  await probe.getFunction('store')(1_000_001n, 'refused');
} catch (error) {
  sendError = String(error);
}
const events = await probe.queryFilter('Stored', 0);
process.stdout.write(`\nPROBE ${JSON.stringify({ address: await probe.getAddress(), status: receipt?.status, value: String(await probe.getFunction('value')()), events: events.length, errors, sendError })}\n`);
