// The stored FINAL on anvil: gas and calldata of the two transactions that verify it, under today's and proposed calldata prices.
// Owns: the deployment and the arithmetic of prices. Does not own: the contracts (solidity/), the stored proof (recursion/store-chain.ts).
// Invariant: gas is what the receipts say; prices of calldata are computed from the bytes sent.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { Contract, ContractFactory, JsonRpcProvider, keccak256 } from "ethers";
import type { InterfaceAbi, JsonRpcSigner } from "ethers";
import { wordsToBytes } from "../hash/suite.ts";
import { storedFamily } from "../recursion/production.ts";
import { readBuilt } from "../solidity/build.ts";
import { holderInitCode, keyCode, proofParts } from "../solidity/key-data.ts";
import { decodeProofFile } from "../verify/proof-file.ts";
import type { ProofFile } from "../verify/proof-file.ts";

/** EIP-7825. */
const TRANSACTION_GAS = 16_777_216n;
const CHAIN = new URL("../../test/prover/recursion/chain/", import.meta.url);

export type L1Figures = {
  readonly keyDigest: string; readonly gas: readonly number[]; readonly calldataBytes: readonly number[];
  /** Least a transaction pays for its calldata: EIP-7623 (40 gas a non-zero byte), EIP-7976 (64 gas a byte). */
  readonly floor7623: readonly number[]; readonly floor7976: readonly number[];
  /** What the transactions would cost under EIP-7976. */
  readonly gas7976: readonly number[];
};

/** A stored proof of the production chain. */
export function storedProof(name: "lift" | "join" | "final"): ProofFile {
  const file = decodeProofFile(brotliDecompressSync(readFileSync(new URL(`${name}.json.br`, CHAIN))).toString("utf8"));
  assert(!("ok" in file), `${name}: expected a stored proof`);
  return file;
}

async function startAnvil(): Promise<{ url: string; stop: () => void }> {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const binary = join(dirname(createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${platform}/package.json`)), "bin", "anvil");
  const child = spawn(binary, ["--host", "127.0.0.1", "--port", "0", "--hardfork", "osaka", "--gas-limit", "60000000"], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.on("error", reject);
    child.on("exit", (code) => { reject(new Error(`anvil ended with ${code}`)); });
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const match = /Listening on ([\d.]+:\d+)/.exec(text);
      if (match?.[1] !== undefined) resolve(`http://${match[1]}`);
    });
  });
  child.removeAllListeners("exit");
  return { url, stop: () => child.kill("SIGKILL") };
}

async function deploy(signer: JsonRpcSigner, data: string): Promise<string> {
  const receipt = await (await signer.sendTransaction({ data, gasLimit: TRANSACTION_GAS })).wait();
  assert(typeof receipt?.contractAddress === "string");
  return receipt.contractAddress;
}

const floorOf = (data: string, zeroGas: number, byteGas: number): number => {
  const bytes = Buffer.from(data.slice(2), "hex");
  const zeros = bytes.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  return 21_000 + zeroGas * zeros + byteGas * (bytes.length - zeros);
};

/** Deploys the verifier of FINAL's stored key and verifies the stored FINAL. */
export async function measureL1(): Promise<L1Figures> {
  const { final: key } = storedFamily();
  const { publics, proof } = storedProof("final");
  const { StarkVerifier, StarkProofParts } = readBuilt().contracts;
  const { url, stop } = await startAnvil();
  const provider = new JsonRpcProvider(url, undefined, { batchMaxCount: 1, staticNetwork: true, cacheTimeout: -1 });
  try {
    const signer = await provider.getSigner(0);
    const made = async ({ abi, initCode }: typeof StarkVerifier, argument: string): Promise<Contract> => {
      const { data } = await new ContractFactory(abi as InterfaceAbi, initCode).getDeployTransaction(argument);
      return new Contract(await deploy(signer, data), abi as InterfaceAbi, signer);
    };
    const verifier = await made(StarkVerifier, await deploy(signer, holderInitCode(keyCode(key))));
    const parts = await made(StarkProofParts, await verifier.getAddress());
    const statement = keccak256(wordsToBytes(publics));
    const [gas, data]: [number[], string[]] = [[], []];
    for (const [part, bytes] of proofParts(key, publics, proof).entries()) {
      const sent = await parts.getFunction("submit").send(statement, part, bytes, { gasLimit: TRANSACTION_GAS });
      const receipt = await sent.wait();
      assert(receipt?.status === 1, `part ${part} was refused`);
      gas.push(Number(receipt.gasUsed));
      data.push(sent.data);
    }
    assert.equal(await parts.getFunction("accepted").staticCall(statement), true, "two parts complete the statement");
    const [floor7623, floor7976] = [data.map((bytes) => floorOf(bytes, 10, 40)), data.map((bytes) => floorOf(bytes, 64, 64))];
    return {
      keyDigest: String(await verifier.getFunction("keyDigest").staticCall()), gas, calldataBytes: data.map((bytes) => (bytes.length - 2) / 2),
      floor7623, floor7976, gas7976: gas.map((used, i) => Math.max(used, floor7976[i] ?? 0)),
    };
  } finally {
    provider.destroy();
    stop();
  }
}
