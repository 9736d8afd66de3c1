// A prover plug-in for KeyedLane: signs the statement it is given. Proving plumbing, not soundness; it does check that the statement is
// the hash of what came with it, as a prover would.
// $KEYED_LANE is the lane, $KEYED_LANE_KEY its key, held by the test.

import { text } from 'node:stream/consumers';
import { AbiCoder, SigningKey } from 'ethers';
import { bindingHash, outputsHash, statementHash } from '@keyfall/protocol';
import type { Hex } from '@keyfall/protocol';

interface Question {
  readonly statement: Hex;
  readonly inputsHash: Hex;
  readonly outputs: Readonly<Record<'lastHash' | 'stateRoot' | 'dropRoot', Hex>> & Readonly<Record<'lastNumber' | 'lastTimestamp' | 'zkGasUsed', string>>;
  readonly binding: { readonly beneficiary: Hex; readonly minL1Time: string; readonly maxL1Time: string };
}

const question = JSON.parse(await text(process.stdin)) as Question;
const { outputs, binding } = question;
const ofOutputs = outputsHash({ ...outputs, lastNumber: BigInt(outputs.lastNumber), lastTimestamp: BigInt(outputs.lastTimestamp), zkGasUsed: BigInt(outputs.zkGasUsed) });
const ofBinding = bindingHash({ beneficiary: binding.beneficiary, minL1Time: BigInt(binding.minL1Time), maxL1Time: BigInt(binding.maxL1Time) });
if (statementHash(question.inputsHash, ofOutputs, ofBinding) !== question.statement) throw new Error('the statement is not the hash of what came with it');
const { r, s, v } = new SigningKey(process.env['KEYED_LANE_KEY'] ?? '').sign(question.statement);
const data = AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes32', 'uint8'], [r, s, v]);
process.stdout.write(`${JSON.stringify({ lane: process.env['KEYED_LANE'], parts: [{ part: 0, data }] })}\n`);
