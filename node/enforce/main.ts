// Entry: computes the next Enforced batch from L1 data alone and prints it as one JSON object on standard output.
//
// Owns: arguments, following L1 to its head, the store in --data, exit codes (0 printed, 1 a fault, 2 wrong arguments, 4 there is no
// such batch now, with the reason as JSON). Does not own: what the batch is (nextBatch.ts), proving and committing it.
// Invariant: reads L1 only; the directory is a follower's, so that a second run goes on where the first ended.

import { mkdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { GENESIS_FEE_CONFIG, MAX_TIMESTAMP_LAG_SECONDS, SPEC_ID, enforcedIntervalSeconds, hashBytes, toHex, type FeeConfig, type Hex } from '@keyfall/protocol';
import { addressFlag, configurationOrExit, parseFlags } from '../config.ts';
import { Derivation } from '../derive/derivation.ts';
import { createEngine, parseGenesisAlloc } from '../execute/index.ts';
import { contractInterface } from '../l1/contracts.ts';
import { discoverRollup, type RollupParameters } from '../l1/discovery.ts';
import { hexOf, readData } from '../l1/hex.ts';
import { L1Reader } from '../l1/reader.ts';
import { L1Rpc } from '../l1/rpc.ts';
import { DEVNET_FINALITY_DEPTH, RollupL1Source } from '../l1/source.ts';
import { openLmdb } from '../store/lmdb.ts';
import { nextEnforcedBatch, type NextEnforced } from './nextBatch.ts';

const USAGE = `Usage: node node/enforce/main.ts --l1 URL[,URL...] --rollup ADDRESS --data DIRECTORY [--blocks N] [--spec N]
  --blocks N   whole blocks to take at most (default 64)
  --spec N     spec of the batch (default ${SPEC_ID})`;
const NO_BATCH_EXIT_CODE = 4;

const schema = z.strictObject({
  l1: z.string().transform((text) => text.split(',')), rollup: addressFlag, data: z.string().min(1), blocks: z.string().regex(/^[1-9]\d{0,3}$/).transform(Number).default(64),
  spec: z.string().regex(/^\d{1,8}$/).transform(BigInt).default(SPEC_ID),
});
type Flags = z.infer<typeof schema>;

/** Scalars that a commit would carry now. */
async function currentFeeConfig(rpc: L1Rpc, rollup: Hex): Promise<FeeConfig> {
  const abi = contractInterface('Rollup');
  const answer = readData(await rpc.call('eth_call', [{ to: rollup, data: abi.encodeFunctionData('feeConfig') }, 'latest']), 'Rollup.feeConfig()');
  const [dataFeeScalar, surchargeScalar] = abi.decodeFunctionResult('feeConfig', hexOf(answer)) as unknown as [bigint, bigint];
  return { ...GENESIS_FEE_CONFIG, dataFeeScalar, surchargeScalar };
}

async function follow(rpc: L1Rpc, parameters: RollupParameters, derivation: Derivation): Promise<bigint> {
  const { rollup, inbox, lifecycle, l1ChainId, l2ChainId, genesisHash } = parameters;
  const source = new RollupL1Source({ rpc, rollup, inbox, lifecycle, l1ChainId, l2ChainId, genesisHash, follow: 'latest', rewindDepth: DEVNET_FINALITY_DEPTH, pollMilliseconds: 100 });
  const { head } = await new L1Reader({ rpc, addresses: [], follow: 'latest' }).tips();
  const signal = new AbortController().signal;
  const isThere = (): boolean => derivation.head.l1.number > head.number || (derivation.head.l1.number === head.number && toHex(derivation.head.l1.hash) === head.hash);
  while (!isThere()) {
    const event = await source.next(derivation.head.l1, (number) => derivation.known(number), signal);
    if (event.kind === 'l1-trouble' && event.reason !== undefined) throw new Error(`L1 cannot be followed: ${event.reason}`);
    await derivation.apply(event);
    for (let step = await derivation.deriveNext(); step.kind === 'derived'; step = await derivation.deriveNext());
  }
  for (let step = await derivation.deriveNext(); step.kind === 'derived'; step = await derivation.deriveNext());
  return head.timestamp;
}

async function compute({ l1, rollup, data, blocks, spec }: Flags): Promise<NextEnforced> {
  mkdirSync(data, { recursive: true });
  const rpc = new L1Rpc({ urls: l1, onFault: () => undefined });
  const store = await openLmdb(data, (cause) => { throw cause; });
  try {
    const parameters = await discoverRollup({ rpc, rollup });
    const { l1ChainId, l2ChainId, timeScale, start } = parameters;
    const alloc = parseGenesisAlloc(JSON.parse(readFileSync(new URL('../../contracts/generated/genesis.json', import.meta.url), 'utf8')));
    const engine = await createEngine({ chainId: l2ChainId, store, genesis: { timestamp: 0n, alloc }, recoveryWorkers: 0 });
    try {
      const identity = { l1ChainId, l2ChainId, rollup };
      const rules = { identity, timestampLagSeconds: MAX_TIMESTAMP_LAG_SECONDS / timeScale };
      const derivation = await Derivation.open({ store, engine, ...rules, rewindDepth: DEVNET_FINALITY_DEPTH, start: { number: start.number, hash: hashBytes(start.hash) } });
      const nowSeconds = await follow(rpc, parameters, derivation);
      if (engine.head.header.number > derivation.head.derived.number) await engine.unwind(derivation.head.derived.number);
      return await nextEnforcedBatch(derivation, engine, rules, { nowSeconds, intervalSeconds: enforcedIntervalSeconds(timeScale), specId: spec, feeConfig: await currentFeeConfig(rpc, rollup), maxBlocks: blocks });
    } finally {
      await engine.close();
    }
  } finally {
    rpc.close();
    await store.close();
  }
}

const answer = await compute(configurationOrExit(USAGE, (args) => parseFlags(schema, args, USAGE)));
process.stdout.write(`${JSON.stringify(answer, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}\n`);
process.exit(answer.ok ? 0 : NO_BATCH_EXIT_CODE);
