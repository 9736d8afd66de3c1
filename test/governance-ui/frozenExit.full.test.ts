// Frozen exits as the page builds them, against the real EscapeHatch on a real L1: an L2 whose state the node's own execution made from L1's
// messages, asked for proofs as an endpoint would be; the transactions that the page would have signed are sent, and everyone is paid.
// A lying endpoint beside it, a token's event that anyone could have made, and a redirection that its owner signed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Contract } from 'ethers';
import { encodeAbiParameters, encodeEventTopics, erc20Abi, erc721Abi, pad, toHex } from 'viem';
import type { Hex } from 'viem';
import { buildKit, groundOf } from '../../governance-ui/chain/exit/build.ts';
import { kitText, parseKit, verifyKit } from '../../governance-ui/chain/exit/kit.ts';
import type { KitClaimant } from '../../governance-ui/chain/exit/kit.ts';
import { openParts, redirectNonce, typedRedirect } from '../../governance-ui/chain/exit/status.ts';
import { decodeCall } from '../../governance-ui/chain/decode.ts';
import type { ExitState } from '../../governance-ui/chain/lifecycle.ts';
import { knownContracts } from '../../governance-ui/chain/names.ts';
import { unknown } from '../../governance-ui/chain/reading.ts';
import type { BlockRef } from '../../governance-ui/chain/reading.ts';
import { Quorum } from '../../governance-ui/chain/rpc/quorum.ts';
import { discoverSystem } from '../../governance-ui/chain/system.ts';
import type { System } from '../../governance-ui/chain/system.ts';
import { frozenExits } from '../../governance-ui/flows/frozenExit.ts';
import { DeployedSystem } from '../contracts/deployed.ts';
import { FrozenChain } from '../contracts/frozenChain.ts';
import type { AssetOf } from '../contracts/frozenChain.ts';
import { deployToken } from '../e2e/scenarios/compile.ts';
import { wallets } from '../node/execute/chain-fixture.ts';

const ETHER = 10n ** 18n;
const ELSEWHERE: Hex = '0x00000000000000000000000000000000c0ffee06';
const [alice] = wallets;
const owner = (alice?.address ?? '').toLowerCase() as Hex;
let system: DeployedSystem;
let chain: FrozenChain;
let page: System;
let erc20: AssetOf;
let nft: AssetOf;
let l1: Quorum;

const hexes = (nodes: readonly Uint8Array[]): Hex[] => nodes.map((node) => toHex(node));

before(async () => {
  system = await DeployedSystem.start(['--time-scale', '1440']);
  chain = await FrozenChain.start(system);
  const vault = system.contract('Vault');
  const at = await vault.getAddress();
  const token = await deployToken(system.user, 'PlainToken');
  const item = await deployToken(system.user, 'PlainNft');
  erc20 = { kind: 'erc20', token: (await token.getAddress()) as Hex, id: 0n };
  nft = { kind: 'erc721', token: (await item.getAddress()) as Hex, id: 3n };
  await system.send(token as unknown as Contract, 'approve', [at, 2_000n]);
  await system.send(item as unknown as Contract, 'approve', [at, 3n]);
  chain.enqueued(await system.send(system.contract('Inbox'), 'sendCall', [owner, 5n * ETHER, 5n * ETHER, 100_000n, 0n, '0x'], 6n * ETHER));
  chain.enqueued(await system.send(vault, 'depositERC20', [erc20.token, owner, 1_000n], ETHER / 10n));
  chain.enqueued(await system.send(vault, 'depositERC721', [nft.token, owner, 3n], ETHER / 10n));
  await chain.block();
  await chain.freeze();
  l1 = new Quorum(31_337, [{ url: system.anvil.url, operator: 'own' }]);
  const found = await discoverSystem(system.deployment.contracts['Rollup'] as Hex, l1, l1, await headOf());
  page = found.known ? found.value : assert.fail(found.why);
});
after(async () => system.stop());

async function headOf(): Promise<BlockRef> {
  const { head } = await l1.round();
  return head.known ? head.value : assert.fail(head.why);
}

/** The frozen L2 as an endpoint: proofs, logs and calls; `lies` comes before it in the list. */
function endpoint(isLyingToo = false): Quorum {
  const { header } = chain.engine.head;
  const at: BlockRef = { number: header.number, hash: pad('0x1'), timestamp: header.timestamp };
  const log = (abi: typeof erc20Abi | typeof erc721Abi, address: string, id: bigint | undefined): unknown => ({
    address, blockNumber: '0x1', transactionHash: pad('0x1'), logIndex: '0x0', data: id === undefined ? encodeAbiParameters([{ type: 'uint256' }], [1n]) : '0x',
    topics: encodeEventTopics({ abi: abi as typeof erc721Abi, eventName: 'Transfer', args: { from: pad('0x', { size: 20 }), to: owner, ...(id === undefined ? {} : { tokenId: id }) } }),
  });
  const proofOf = (address: string, slots: readonly Hex[]): unknown => {
    const { accountProof, storageProof } = chain.state().proof(Buffer.from(address.slice(2), 'hex'), slots.map((slot) => Buffer.from(slot.slice(2), 'hex')));
    return { accountProof: hexes(accountProof), storageProof: storageProof.map(({ proof }, index) => ({ key: slots[index], proof: hexes(proof) })) };
  };
  const bridged = new Map<string, Hex>();
  return {
    trust: 'unverified',
    header: async () => ({ known: true, at, trust: 'unverified', value: { ...at, parentHash: pad('0x1'), receiptsRoot: pad('0x1'), stateRoot: toHex(header.stateRoot) } }),
    read: async (method: string, params: readonly unknown[], where: BlockRef, pick: (answer: unknown) => unknown) => {
      if (method !== 'eth_getLogs') return unknown(`not asked for: ${method}`);
      const { topics, address } = params[0] as { topics: readonly (string | readonly string[] | null)[]; address?: string };
      const isTransfers = address === undefined && topics.length === 3;
      const tokens = isTransfers ? await Promise.all([erc20, nft].map(async (asset) => ({ asset, at: (await chain.tokenOf(asset)).toLowerCase() as Hex }))) : [];
      for (const { asset, at: token } of tokens) bridged.set(token, asset.token);
      const stranger = pad('0x77', { size: 20 });
      bridged.set(stranger, erc20.token);
      const logs = tokens.map(({ asset, at: token }) => log(asset.kind === 'erc20' ? erc20Abi : erc721Abi, token, asset.kind === 'erc721' ? asset.id : undefined));
      return { known: true, at: where, trust: 'unverified', value: pick(isTransfers ? [...logs, log(erc20Abi, stranger, undefined)] : []) };
    },
    call: async (to: Hex, _data: Hex, where: BlockRef) => ({ known: true, at: where, trust: 'unverified', value: pad(bridged.get(to.toLowerCase()) ?? '0x', { size: 32 }) }),
    first: async (method: string, params: readonly unknown[], where: BlockRef, check: (answer: unknown) => unknown) => {
      assert.equal(method, 'eth_getProof');
      const truth = proofOf(params[0] as string, params[1] as readonly Hex[]);
      if (isLyingToo) assert.throws(() => check({ ...(truth as object), accountProof: ['0xc0'] }), 'a false proof is not taken');
      return { known: true, at: where, trust: 'proven', value: check(truth) };
    },
  } as unknown as Quorum;
}

function stateOf(): ExitState {
  const { header } = chain.engine.head;
  return { isFrozen: true, batch: 0n, root: toHex(header.stateRoot), l2Block: header.number, settledIndex: BigInt(chain.executed) };
}

async function built(isLyingToo = false) {
  const l2 = endpoint(isLyingToo);
  const system: System = { ...page, messagePasser: { ...page.messagePasser, chain: l2 }, l2Bridge: { ...page.l2Bridge, chain: l2 }, exitRegistry: { ...page.exitRegistry, chain: l2 } };
  return buildKit({ system, l1At: await headOf(), l2, state: stateOf(), deployBlock: 0n, l1ChainId: 31_337, owner, sender: undefined, onProgress: () => undefined });
}

test('what an account holds is found and proven, also beside an endpoint that lies, and a stranger\'s events find nothing', async () => {
  const { kit, ground } = await built(true);
  assert.deepEqual(kit.holdings.map(({ asset: { kind }, amount }) => [kind, amount]), [['eth', (5n * ETHER).toString()], ['erc20', '1000'], ['erc721', '1']]);
  assert.equal(verifyKit(kit, ground).payee, owner);
  const again = parseKit(kitText(kit));
  assert.deepEqual(await groundOf({ system: page, l1At: await headOf(), state: stateOf(), l1ChainId: 31_337 }, again), ground, 'a file is checked against the same ground');
});

test('the transactions that the page shows pay ether, token and NFT to where the owner signed, once', async () => {
  const { kit } = await built();
  const at = await headOf();
  const open = await openParts(page, at, kit);
  assert.ok(open.known && kit.claimant !== null && page.exits.hatch !== undefined, JSON.stringify(open.known ? '' : open.why));
  const nonce = await redirectNonce(page, at, owner);
  assert.ok(nonce.known);
  const deadline = at.timestamp + 1_000n;
  const typed = typedRedirect({ hatch: page.exits.hatch.address, chainId: 31_337, payee: owner, to: ELSEWHERE, nonce: nonce.value, deadline });
  const contract = system.contract('EscapeHatch');
  assert.equal(typed.digest, await contract.getFunction('redirectDigest').staticCall(owner, ELSEWHERE, deadline), 'the digest is the hatch\'s own');
  const signature = ((await alice?.signTypedData(typed.domain, typed.types as never, typed.message)) ?? '0x') as Hex;
  const claimant: KitClaimant = { ...kit.claimant, to: ELSEWHERE, deadline: deadline.toString(), signature };
  const [exit, ...rest] = frozenExits({ kit, open: open.value, claimant, hatch: page.exits.hatch.address, chainId: 31_337 });
  assert.ok(exit !== undefined && rest.length === 0);
  const words = decodeCall(exit, knownContracts(page));
  assert.ok(words.ok && new RegExp(`paid to ${ELSEWHERE}`, 'i').test(words.call.sentence), words.ok ? words.call.sentence : words.why);
  const forged = frozenExits({ kit, open: open.value, claimant: { ...claimant, to: owner.replace(/.$/, owner.endsWith('0') ? '1' : '0') as Hex }, hatch: page.exits.hatch.address, chainId: 31_337 })[0];
  await assert.rejects(system.user.call({ to: forged?.to ?? null, data: forged?.data ?? null }), 'nobody else is paid by this signature');
  const sent = await system.user.sendTransaction({ to: exit.to, data: exit.data, gasLimit: 8_000_000n });
  assert.equal((await sent.wait())?.status, 1);
  assert.equal(await system.provider.getBalance(ELSEWHERE), 5n * ETHER);
  const at20 = new Contract(erc20.token, ['function balanceOf(address) view returns (uint256)', 'function ownerOf(uint256) view returns (address)'], system.provider);
  assert.equal(await at20.getFunction('balanceOf').staticCall(ELSEWHERE), 1_000n);
  assert.equal(String(await new Contract(nft.token, ['function ownerOf(uint256) view returns (address)'], system.provider).getFunction('ownerOf').staticCall(3n)).toLowerCase(), ELSEWHERE);
  const later = await openParts(page, await headOf(), kit);
  assert.ok(later.known && !later.value.holdings.includes(true), 'everything is paid, by L1\'s own word');
  assert.deepEqual(frozenExits({ kit, open: later.value, claimant, hatch: page.exits.hatch.address, chainId: 31_337 }), [], 'nothing is offered twice');
});
