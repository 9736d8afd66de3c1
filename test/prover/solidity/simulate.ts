// L1's verdict on submissions, by simulation on anvil: nothing is mined, and single checks can be deleted by storage overrides.
// Owns: deployment per key, simulation. Does not own: what verdict is right.
import assert from "node:assert/strict";
import { AbiCoder, Interface, hexlify, keccak256, toBeHex } from "ethers";
import type { InterfaceAbi } from "ethers";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import type { Built } from "../../../prover/solidity/build.ts";
import { CHECKS, DELETION_SLOT } from "../../../prover/solidity/checks.ts";
import { keyCode } from "../../../prover/solidity/key-data.ts";
import type { Attack } from "./attacks.ts";
import { L1 } from "./l1.ts";
import type { Chain } from "./l1.ts";
import { judgePair, partLayout, statementOf } from "./pairs.ts";

const SUBMISSION_GAS = 12_000_000;
type Call = { readonly status: string; readonly returnData: string };
type Deployed = { readonly holder: string; readonly verifier: string; readonly parts: string };

export type Outcome = {
  /** Name of the error each submission ends with; undefined where it was taken. */
  readonly errors: readonly (string | undefined)[];
  readonly isAccepted: boolean;
};

export class Simulation {
  readonly #chain: Chain;
  readonly #contracts: Built["contracts"];
  readonly #abi: Interface;
  readonly #deployed = new Map<string, Promise<Deployed>>();

  constructor(chain: Chain, contracts: Built["contracts"]) {
    this.#chain = chain;
    this.#contracts = contracts;
    const errors = (contracts.StarkVerifier.abi).filter(({ type }) => type === "error");
    this.#abi = new Interface([...contracts.StarkProofParts.abi.filter(({ type }) => type !== "error"), ...errors] as InterfaceAbi);
  }

  async #deploy(key: VerifyingKey): Promise<Deployed> {
    const { verifier, parts } = await L1.deploy(this.#chain, key, this.#contracts);
    return { holder: String(await verifier.getFunction("keyHolder").staticCall()), verifier: await verifier.getAddress(), parts: await parts.getAddress() };
  }

  #under(key: VerifyingKey): Promise<Deployed> {
    const name = `${key.digest.join()} ${key.preprocessedRoot?.join() ?? ""}`;
    const known = this.#deployed.get(name) ?? this.#deploy(key);
    this.#deployed.set(name, known);
    return known;
  }

  /** The verifier's code had it been deployed over an account with that code: its constructor keeps the code's hash. */
  async #codeOver({ verifier, holder }: Deployed, account: Uint8Array): Promise<string> {
    const { provider } = this.#chain;
    const [code, before] = [await provider.getCode(verifier), keccak256(await provider.getCode(holder))];
    const pieces = code.split(before.slice(2));
    assert(pieces.length > 1, "the verifier keeps the hash of its key account's code");
    return pieces.join(keccak256(account).slice(2));
  }

  /** What becomes of the submissions, one after the other, with the check of that name deleted. */
  async outcome({ key, submissions, claim, holder, isChangedLater }: Attack, deleted?: string): Promise<Outcome> {
    const at = await this.#under(key);
    const index = CHECKS.findIndex(({ name }) => name === deleted);
    assert(deleted === undefined || index !== -1);
    const stateDiff = index === -1 ? {} : { [toBeHex(DELETION_SLOT + BigInt(index), 32)]: toBeHex(1, 32) };
    const account = holder?.(keyCode(key));
    const stateOverrides = {
      [at.verifier]: { stateDiff, ...(account === undefined || isChangedLater === true ? {} : { code: await this.#codeOver(at, account) }) },
      [at.parts]: { stateDiff }, ...(account === undefined ? {} : { [at.holder]: { code: hexlify(account) } }),
    };
    const from = await this.#chain.signer.getAddress();
    const call = (data: string): object => ({ from, to: at.parts, data, gas: toBeHex(SUBMISSION_GAS) });
    const calls = [
      ...submissions.map(({ part, statement, data }) => call(this.#abi.encodeFunctionData("submit", [statement, part, data]))),
      call(this.#abi.encodeFunctionData("accepted", [claim])),
    ];
    const blocks = await this.#chain.anvil.rpc("eth_simulateV1", { blockStateCalls: [{ stateOverrides, calls }], validation: false }, "latest") as { calls: Call[] }[];
    const results = blocks[0]?.calls ?? [];
    assert.equal(results.length, calls.length);
    const errors = results.slice(0, -1).map(({ status, returnData }) => (status === "0x1" ? undefined : this.#nameOf(returnData)));
    const last = results.at(-1);
    assert(last?.status === "0x1");
    return { errors, isAccepted: AbiCoder.defaultAbiCoder().decode(["bool"], last.returnData)[0] === true };
  }

  /** Reverts of the language itself (an ABI that does not decode, arithmetic) have no name. */
  #nameOf(data: string): string {
    return data.length < 10 ? "revert" : (this.#abi.parseError(data)?.name ?? data.slice(0, 10));
  }
}

/** Whether an attack reached what it wants. */
export const isHarm = ({ isBlocking }: Attack, { errors, isAccepted }: Outcome): boolean =>
  isBlocking === true ? errors.every((error) => error === undefined) && !isAccepted : isAccepted;

/** TypeScript's word on an attack: "accepted" only for both parts of a valid proof of the claim under a generated key account. */
export const judge = ({ key, submissions, claim, holder, isBlocking }: Attack): string => {
  if (isBlocking === true) return "UNKNOWN_PART";
  const code = keyCode(key);
  if (holder !== undefined && Buffer.compare(holder(code), code) !== 0) return "UNLISTED_KEY";
  const of = (part: number): Uint8Array | undefined => submissions.find((submission) => submission.part === part && submission.statement === claim)?.data;
  const [first, second] = [of(0), of(1)];
  if (first === undefined || second === undefined) return "PART_MISSING";
  const verdict = judgePair(key, first, second);
  return verdict === "accepted" && statementOf(first.subarray(0, 4 * partLayout(key).publics)) !== claim ? "OTHER_STATEMENT" : verdict;
};
