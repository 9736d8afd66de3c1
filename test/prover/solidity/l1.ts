// The L1 verifier on anvil, for tests: the generated contracts deployed with one key, parts checked and submitted.
// Owns: deployment, calls, names of errors. Does not own: any expectation.

import assert from "node:assert/strict";
import { Contract, ContractFactory, Interface, JsonRpcProvider, isCallException, isError } from "ethers";
import type { InterfaceAbi, JsonRpcSigner } from "ethers";
import type { VerifyingKey } from "../../../prover/protocol/key.ts";
import { readBuilt } from "../../../prover/solidity/build.ts";
import { holderInitCode, keyCode, proofParts } from "../../../prover/solidity/key-data.ts";
import type { Built, BuiltContract } from "../../../prover/solidity/build.ts";
import { startAnvil } from "../../node/l1/harness/anvil.ts";
import type { Anvil } from "../../node/l1/harness/anvil.ts";

/** EIP-7825: the most gas a transaction may take. */
export const TRANSACTION_GAS = 16_777_216n;

/** One anvil for a test file. */
export class Chain {
  readonly anvil: Anvil;
  readonly provider: JsonRpcProvider;
  readonly signer: JsonRpcSigner;

  private constructor(anvil: Anvil, provider: JsonRpcProvider, signer: JsonRpcSigner) {
    this.anvil = anvil;
    this.provider = provider;
    this.signer = signer;
  }

  static async start(): Promise<Chain> {
    const anvil = await startAnvil(["--gas-limit", "60000000"]);
    await anvil.rpc("evm_setAutomine", true);
    const provider = new JsonRpcProvider(anvil.url, undefined, { batchMaxCount: 1, staticNetwork: true, cacheTimeout: -1 });
    return new Chain(anvil, provider, await provider.getSigner(0));
  }

  async stop(): Promise<void> {
    this.provider.destroy();
    await this.anvil.stop();
  }

  async deploy(initCode: string): Promise<string> {
    const receipt = await (await this.signer.sendTransaction({ data: initCode, gasLimit: TRANSACTION_GAS })).wait();
    assert(typeof receipt?.contractAddress === "string");
    return receipt.contractAddress;
  }
}

const bytesArgument = (contract: BuiltContract, argument: string): Promise<string> =>
  new ContractFactory(contract.abi as InterfaceAbi, contract.initCode).getDeployTransaction(argument).then(({ data }) => data);

/** The verifier of one key with its two-transaction front. */
export class L1 {
  readonly #errors: Interface;
  readonly #key: VerifyingKey;
  readonly verifier: Contract;
  readonly parts: Contract;

  private constructor(errors: Interface, key: VerifyingKey, verifier: Contract, parts: Contract) {
    this.#errors = errors;
    this.#key = key;
    this.verifier = verifier;
    this.parts = parts;
  }

  static async deploy(chain: Chain, key: VerifyingKey, { StarkVerifier, StarkProofParts }: Built["contracts"] = readBuilt().contracts): Promise<L1> {
    const holder = await chain.deploy(holderInitCode(keyCode(key)));
    const verifier = await chain.deploy(await bytesArgument(StarkVerifier, holder));
    const parts = await chain.deploy(await bytesArgument(StarkProofParts, verifier));
    const contract = (address: string, { abi }: BuiltContract): Contract => new Contract(address, abi as InterfaceAbi, chain.signer);
    return new L1(new Interface(StarkVerifier.abi as InterfaceAbi), key, contract(verifier, StarkVerifier), contract(parts, StarkProofParts));
  }

  /** Name of the error a call ends with, undefined when it returns. */
  async #errorOf(call: Promise<unknown>): Promise<string | undefined> {
    try {
      await call;
      return undefined;
    } catch (error) {
      assert(isCallException(error) || isError(error, "UNKNOWN_ERROR"), String(error));
      const data = isCallException(error) ? error.data : null;
      assert(data !== null, `a revert without data: ${error.message.slice(0, 300)}`);
      return this.#errors.parseError(data)?.name ?? data;
    }
  }

  /** The error of one part. */
  check(part: number, data: Uint8Array): Promise<string | undefined> {
    return this.#errorOf(this.verifier.getFunction("check").staticCall(part, data, { gasLimit: TRANSACTION_GAS }));
  }

  /** The error of a whole proof: of part 0, else of part 1. */
  async verdict(publics: readonly number[], proof: Uint8Array): Promise<string | undefined> {
    const [first, second] = proofParts(this.#key, publics, proof);
    return (await this.check(0, first)) ?? (await this.check(1, second));
  }

  /** The error of a submission, without sending it. */
  wouldSubmit(statement: string, part: number, data: Uint8Array): Promise<string | undefined> {
    return this.#errorOf(this.parts.getFunction("submit").staticCall(statement, part, data, { gasLimit: TRANSACTION_GAS }));
  }

  /** Sends one part. Returns the gas of the transaction and whether its event says the statement is complete. */
  async submit(statement: string, part: number, data: Uint8Array): Promise<{ gas: bigint; complete: boolean }> {
    const sent = await this.parts.getFunction("submit").send(statement, part, data, { gasLimit: TRANSACTION_GAS });
    const receipt = await sent.wait();
    assert(receipt !== null && receipt.status === 1);
    const [log] = receipt.logs;
    assert(log !== undefined);
    return { gas: receipt.gasUsed, complete: this.parts.interface.parseLog(log)?.args["complete"] === true };
  }

  async isAccepted(statement: string): Promise<boolean> {
    return (await this.parts.getFunction("accepted").staticCall(statement)) === true;
  }
}
