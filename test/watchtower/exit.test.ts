// Leaving in time: the plan's arithmetic, the file of signed exits against every way to make it pay another, the decision against every way to make it
// act on a lie, and the act itself: logged before sent, limited, never twice.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createMerkleProof, createMPT } from '@ethereumjs/mpt';
import { Account, ValueEncoding } from '@ethereumjs/util';
import { encryptKeystoreJsonSync } from 'ethers';
import { encodeFunctionData, keccak256, parseAbi, parseTransaction, zeroAddress, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { encodeMessage, EXIT_CLAIM_SECONDS, EXIT_PROVE_SECONDS, fromHex, L2_BRIDGE, MESSAGE_PASSER, messagePriceWei, toHex, ZK_ALONE_DELAY_SECONDS } from '@keyfall/protocol';
import { parseConfig } from '../../watchtower/config.ts';
import { AutoExit } from '../../watchtower/exit/autoExit.ts';
import { decideExit, type Decision, type ExitFacts } from '../../watchtower/exit/decide.ts';
import { planExit } from '../../watchtower/exit/plan.ts';
import { readPresigned } from '../../watchtower/exit/presigned.ts';
import { spentAtWorst, type Signed } from '../../watchtower/l1/sending.ts';
import { TrieStore } from '../../watchtower/replay/trieStore.ts';
import { ConfigMistake, EndpointFault } from '../../watchtower/fault.ts';
import type { LogRow, OutboxRow } from '../../watchtower/rows.ts';
import { Store } from '../../watchtower/store.ts';

const OWNER = privateKeyToAccount(`0x${'11'.repeat(32)}`);
const OTHER = privateKeyToAccount(`0x${'22'.repeat(32)}`);
const ABI = parseAbi(['function withdrawEth(address recipient) payable returns (bytes32)', 'function withdraw(uint8 kind, address l1Token, uint256 id, uint256 amount, address recipient) returns (bytes32)', 'function transfer(address to, uint256 amount)']);
const CHAIN = 531_337;

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'keyfall-exit-'));
  t.after(() => { rmSync(path, { recursive: true, force: true }); });
  return path;
}

interface Wish { readonly nonce?: number; readonly to?: Hex; readonly recipient?: Hex; readonly chainId?: number; readonly gas?: bigint; readonly signer?: typeof OWNER; readonly data?: Hex; readonly value?: bigint }

async function signed({ nonce = 0, to = MESSAGE_PASSER, recipient = OWNER.address, chainId = CHAIN, gas = 200_000n, signer = OWNER, value = 5n, data }: Wish): Promise<Hex> {
  return signer.signTransaction({ type: 'eip1559', chainId, nonce, to, value, gas, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n, data: data ?? encodeFunctionData({ abi: ABI, functionName: 'withdrawEth', args: [recipient] }) });
}

async function fileOf(t: TestContext, wishes: readonly Wish[]): Promise<string> {
  const path = join(directory(t), 'exits.json');
  writeFileSync(path, JSON.stringify({ version: 1, exits: await Promise.all(wishes.map(async (wish) => ({ raw: await signed(wish), surcharge: 50_000 }))) }));
  return path;
}

describe('the plan of an exit', () => {
  const time = { nowT: 1_000, eta: 1_000_000, expiry: 2_000_000, exitWindow: 300_000, lastSafeT: 1_000_000 - 300_000 - 20_000 };
  const person = { address: OWNER.address.toLowerCase() as Hex, label: 'me', unbondingSeconds: 0 };
  it('counts the window, the margin and the address\'s own notice; only the forced way is guaranteed', () => {
    const [plain, slow] = [planExit(person, '0x01', time, 1n), planExit({ ...person, unbondingSeconds: 50_000 }, '0x01', time, 1n)];
    assert.equal(plain.secondsLeft, time.lastSafeT - time.nowT);
    assert.equal(slow.secondsLeft, plain.secondsLeft - 50_000);
    assert.deepEqual(plain.routes.map(({ name, isGuaranteed, isOpen }) => [name, isGuaranteed, isOpen]), [['forced', true, true], ['normal', false, true]]);
    assert.equal(plain.routes[1]?.latestStartT, 1_000_000 - 20_000 - Number(EXIT_PROVE_SECONDS + ZK_ALONE_DELAY_SECONDS + EXIT_CLAIM_SECONDS));
  });
  it('never gives false hope: at the last safe moment it says that nothing is sure', () => {
    const at = (nowT: number): string => planExit(person, '0x01', { ...time, nowT }, 10n).sentence;
    assert.match(at(time.lastSafeT - 1), /must begin to leave within 1 s/);
    assert.match(at(time.lastSafeT), /can no longer be sure/);
    assert.match(at(time.eta), /can no longer be out/);
  });
});

describe('exits signed beforehand', () => {
  const read = async (path: string): ReturnType<typeof readPresigned> => readPresigned(path, OWNER.address, BigInt(CHAIN));
  it('takes what can only pay its signer', async (t) => {
    const token = encodeFunctionData({ abi: ABI, functionName: 'withdraw', args: [1, OTHER.address, 0n, 7n, OWNER.address] });
    const exits = await read(await fileOf(t, [{}, { nonce: 1, to: L2_BRIDGE, data: token, value: 0n }]));
    assert.deepEqual(exits.map(({ nonce, what }) => [nonce, what]), [[0, '5 wei'], [1, `7 of token ${OTHER.address}`]]);
  });
  it('refuses every file that could pay another, or that would be dropped', async (t) => {
    const hostile: readonly (readonly [Wish, RegExp])[] = [
      [{ recipient: OTHER.address }, /as recipient/], [{ signer: OTHER }, /expected the signature of/], [{ to: OTHER.address }, /expected a call of/], [{ chainId: 1 }, /chain id 531337, got 1/], [{ gas: 9_960_000n }, /at most 10000000 together/],
      [{ data: encodeFunctionData({ abi: ABI, functionName: 'transfer', args: [OTHER.address, 1n] }) }, /transfer|not found/i], [{ data: '0x' }, /./],
      [{ to: L2_BRIDGE }, /expected a call of 0x4b6579/], [{ to: L2_BRIDGE, data: encodeFunctionData({ abi: ABI, functionName: 'withdraw', args: [1, OTHER.address, 0n, 7n, OTHER.address] }), value: 0n }, /as recipient/],
    ];
    for (const [wish, expected] of hostile) await assert.rejects(read(await fileOf(t, [wish])), (error: unknown) => error instanceof ConfigMistake && expected.test(error.message), JSON.stringify(wish, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).slice(0, 120));
    await assert.rejects(read(await fileOf(t, [{}, { nonce: 2 }])), /expected nonce 1, got 2/);
    for (const text of ['', '{}', '{"version":1,"exits":[{"raw":"0xzz","surcharge":0}]}', '{"version":1,"exits":[],"more":1}']) {
      const path = join(directory(t), 'bad.json');
      writeFileSync(path, text);
      await assert.rejects(read(path), ConfigMistake, text);
    }
  });
});

const AGREE = ['a', 'b'].map((operator) => ({ operator, state: 'agrees' as const, detail: '' }));
const FACTS: ExitFacts = { nowT: 100, quorum: 2, answers: AGREE, upgrades: [{ id: '0xbad', failed: ['B11-codehash'], lastSafeT: 10_000 }], unproven: undefined, nonce: 3, nonces: [3, 4], areAllTaken: false, graceSeconds: 50, announcedT: { '0xbad': 40 }, vetoed: [] };

describe('the decision to force an exit', () => {
  it('fires only on all of it together: drop any one fact and it does not', () => {
    assert.equal(decideExit(FACTS).act, 'fire');
    const less: readonly (readonly [string, Partial<ExitFacts>, string])[] = [
      ['no check failed', { upgrades: [{ id: '0xbad', failed: [], lastSafeT: 10_000 }] }, 'wait'], ['vetoed', { vetoed: ['0xbad'] }, 'wait'], ['one operator', { quorum: 1 }, 'refuse'], ['one answer', { answers: AGREE.slice(1) }, 'refuse'],
      ['one operator twice', { answers: [AGREE[0], AGREE[0]] as never }, 'refuse'], ['dissent', { answers: [...AGREE, { operator: 'c', state: 'dissents', detail: '' }] }, 'refuse'], ['state not proven', { unproven: 'behind' }, 'refuse'], ['nonce unknown', { nonce: undefined }, 'refuse'],
      ['nonce moved on', { nonce: 5 }, 'ask'], ['all was taken and used', { nonce: 5, areAllTaken: true }, 'wait'], ['taken once, the account is before it', { nonce: 2, areAllTaken: true }, 'ask'], ['not announced', { announcedT: {} }, 'announce'], ['no time for a grace', { announcedT: {}, nowT: 9_950 }, 'ask'], ['within the grace', { nowT: 89 }, 'wait'],
    ];
    for (const [what, change, act] of less) assert.equal(decideExit({ ...FACTS, ...change }).act, act, what);
    assert.equal(decideExit({ ...FACTS, nowT: 90 }).act, 'fire', 'the grace to the second');
  });
  it('goes on where the account stands, with the most urgent upgrade', () => {
    const decision = decideExit({ ...FACTS, nonce: 4, upgrades: [...FACTS.upgrades, { id: '0xworse', failed: ['decode'], lastSafeT: 5_000 }], announcedT: { '0xworse': 1 } });
    assert.deepEqual([decision.act, 'upgrade' in decision ? decision.upgrade : '', 'from' in decision ? decision.from : -1], ['fire', '0xworse', 1]);
  });
});

describe('auto-exit', () => {
  it('is refused on one operator\'s word and without re-execution', () => {
    const text = (more: object, quorum: number): string => JSON.stringify({ l1: { chainId: 1, quorum, endpoints: ['a', 'b'].map((operator) => ({ url: `http://${operator}/`, operator })) }, deployment: { deployBlock: 0, contracts: {} }, data: 'x', autoExit: { owner: OWNER.address, presigned: 'p', keystore: 'k', passwordFrom: 'P', graceSeconds: 60, maximumWei: '1', vetoFile: 'v' }, ...more });
    assert.throws(() => parseConfig(text({}, 1), 'test'), /must not act on one operator's word/);
    assert.throws(() => parseConfig(text({ isReexecuting: false }, 2), 'test'), /a state that it did not compute/);
    assert.equal(parseConfig(text({}, 2), 'test').autoExit?.isDryRun, true, 'dry unless told otherwise');
  });

  const LIMIT = 10n ** 17n;

  it('logs the signed transaction before it sends it, and sends the same bytes again, each exit at a nonce of its own', async (t) => {
    const armed = await arm(t, { maximumWei: LIMIT });
    assert.equal((await armed.at(0)).act, 'announce');
    assert.equal((await armed.at(30)).act, 'wait');
    assert.equal((await armed.at(61)).act, 'fire');
    assert.equal((await armed.at(62)).act, 'fire');
    assert.equal(armed.sent.length, 4);
    assert.match(armed.told()[0] ?? '', /To veto, write 0x[0-9a-f]+ as a line/);
    assert.deepEqual([new Set(armed.sent.map(({ raw }) => raw)).size, armed.sent.every(({ raw, logged }) => logged.includes(raw))], [2, true]);
    assert.deepEqual(armed.acts('force').map(({ owner }) => owner), [OWNER.address.toLowerCase(), OWNER.address.toLowerCase()]);
    assert.deepEqual([...new Set(armed.sent.map(({ raw }) => parseTransaction(raw).nonce))], [7, 8]);
  });

  it('a dry run signs nothing, and what it pretended does not count when it is switched off', async (t) => {
    const dry = await arm(t, { maximumWei: LIMIT, isDryRun: true });
    await dry.at(0);
    assert.equal((await dry.at(61)).act, 'fire');
    assert.deepEqual([dry.sent.length, dry.acts('force').length], [0, 0]);
    assert.match(dry.told()[1] ?? '', /would force \(dry run\)/);
    assert.ok(!JSON.stringify(dry.log()).includes('"0x02'), 'no signed transaction is anywhere');
    const real = await arm(t, { maximumWei: LIMIT, store: dry.store, stateRoot: dry.stateRoot });
    assert.equal((await real.at(70)).act, 'announce', 'a person may veto the real one');
    assert.equal((await real.at(131)).act, 'fire');
    assert.equal(real.sent.length, 2);
  });

  it('stops at its limit and says so', async (t) => {
    const { at, sent, told } = await arm(t, { maximumWei: 1n });
    await at(0);
    await at(61);
    assert.equal(sent.length, 0);
    assert.match(told()[1] ?? '', /the limit is 1/);
  });

  it('a veto in the file stops it', async (t) => {
    const { at, sent, vetoFile } = await arm(t, { maximumWei: LIMIT });
    await at(0);
    writeFileSync(vetoFile, `0x${'ba'.repeat(32)}\n`);
    assert.equal((await at(61)).act, 'wait');
    assert.equal(sent.length, 0);
  });

  it('when fees rise above it, it is signed again at the same nonce and within the limit, never beyond', async (t) => {
    const armed = await arm(t, { maximumWei: LIMIT, count: 1 });
    await armed.at(0);
    await armed.at(61);
    const fees = (): (readonly [number | undefined, bigint | undefined])[] => armed.sent.map(({ raw }) => { const { nonce, maxFeePerGas } = parseTransaction(raw); return [nonce, maxFeePerGas]; });
    for (const baseFee of [2n, 6n, 50n, 4_000n]) {
      armed.world.baseFee = baseFee * GWEI;
      await armed.at(62);
    }
    assert.deepEqual(fees().map(([nonce, fee]) => [nonce, (fee ?? 0n) / GWEI]), [[7, 3n], [7, 3n], [7, 13n], [7, 101n], [7, 101n]]);
    assert.match(armed.told().at(-1) ?? '', /auto-exit stops: .* the limit is 100000000000000000/);
    for (const { raw } of armed.sent) {
      const { value = 0n, gas = 0n, maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(raw);
      assert.ok(value + gas * maxFeePerGas <= LIMIT);
      assert.ok(value >= messagePriceWei(250_000n, maxFeePerGas, 0n), 'whatever base fee it is mined at, the message is paid');
      assert.ok(maxPriorityFeePerGas >= GWEI);
    }
  });

  it('a nonce that another used, or a transaction that reverted, is replaced at the next nonce, once that is final', async (t) => {
    const armed = await arm(t, { maximumWei: LIMIT, count: 1 });
    await armed.at(0);
    await armed.at(61);
    armed.world.latestNonce = 9;
    await armed.at(62);
    assert.deepEqual(armed.nonces(), [7, 7], 'what is not final may be ours');
    armed.world.finalNonce = 8;
    await armed.at(63);
    assert.deepEqual(armed.nonces(), [7, 7, 9]);
    assert.equal(armed.acts('force').at(-1)?.['because'], 'nonce 7 was used without it');
    [armed.world.finalNonce, armed.world.latestNonce] = [10, 10];
    await armed.at(64);
    [armed.world.finalNonce, armed.world.latestNonce] = [11, 11];
    await armed.at(65);
    await armed.at(66);
    assert.deepEqual(armed.nonces(), [7, 7, 9, 10], 'after three it wants a person');
    assert.match(armed.told().at(-1) ?? '', /needs a person: 3 transactions/);
  });

  it('the limit counts the price of every nonce: one that was mined paid the Inbox also where L2 dropped the exit', () => {
    const at = (nonce: number, valueWei: bigint): Signed => ({ nonce, l1: '0x', hash: '0x', gas: '10', feeWei: '100', tipWei: '1', valueWei: String(valueWei) });
    assert.equal(spentAtWorst([at(7, 1_000_000n), at(7, 2_000_000n), at(8, 1_000_000n)]), 3_002_000n);
  });

  it('a key that signs the checkpoints too is refused: two senders would take each other\'s nonces', async (t) => {
    const { reopen } = await arm(t, { maximumWei: LIMIT });
    await reopen(OWNER.address);
    await assert.rejects(reopen(OTHER.address), (error) => error instanceof ConfigMistake && /used for nothing else/.test(error.message));
  });

  it('only a message that L2 executes as the exit is the exit: copies with less gas, less surcharge, another kind or more bytes are not', async (t) => {
    const armed = await arm(t, { maximumWei: LIMIT, count: 1 });
    const exit = armed.exits[0] ?? '0x';
    const honest = { kind: 'signed', sender: OTHER.address, to: zeroAddress, mintWei: 0n, valueWei: 0n, gas: 200_000n, surcharge: 50_000n, l1Time: 1n, data: fromHex(exit) } as const;
    await armed.at(0);
    const copies = [{ gas: 199_999n }, { surcharge: 49_999n }, { kind: 'call', to: OTHER.address }, { data: fromHex(`0x00${exit.slice(2)}`) }] as const;
    armed.world.messages = copies.map((change) => toHex(encodeMessage({ ...honest, ...change })));
    await armed.at(61);
    assert.equal(armed.sent.length, 1, 'none of them holds the exit up');
    armed.world.messages.push(toHex(encodeMessage(honest)));
    armed.world.finalNonce = 8;
    await armed.at(62);
    await armed.at(63);
    assert.equal(armed.sent.length, 1, 'it is in the Inbox');
    assert.deepEqual(armed.acts('taken').map(({ message }) => message), [4], 'and was acknowledged once');
    armed.world.executedTo = 5;
    await armed.at(64);
    assert.deepEqual(armed.nonces(), [7, 8], 'L2 went past it and the nonce is unused: it was dropped, so it is sent again');
  });

  it('counts what the queue will do to the owner\'s nonce: a call of its own in front would have the exit dropped', async (t) => {
    const armed = await arm(t, { maximumWei: LIMIT });
    await armed.at(0);
    const call = { kind: 'call', sender: OTHER.address, to: zeroAddress, mintWei: 1n, valueWei: 0n, gas: 200_000n, surcharge: 0n, l1Time: 1n, data: new Uint8Array(0) } as const;
    armed.world.messages = [toHex(encodeMessage(call)), toHex(encodeMessage({ ...call, sender: OWNER.address }))];
    assert.equal((await armed.at(61)).act, 'fire');
    assert.deepEqual([armed.sent.length, armed.acts('force')[0]?.['exit']], [1, keccak256(armed.exits[1] ?? '0x')], 'the second of them is next');
    armed.world.messages.push(armed.world.messages[1] ?? '0x');
    assert.equal((await armed.at(62)).act, 'ask');
    armed.world.executedTo = 3;
    assert.equal((await armed.at(63)).act, 'fire', 'what was executed is in the state already');
  });

  it('an exit that others took while ours was on its way does not leave a gap before the next one', async (t) => {
    const armed = await arm(t, { maximumWei: LIMIT });
    await armed.at(0);
    await armed.at(61);
    armed.world.messages = [toHex(encodeMessage({ kind: 'signed', sender: OTHER.address, to: zeroAddress, mintWei: 0n, valueWei: 0n, gas: 200_000n, surcharge: 50_000n, l1Time: 1n, data: fromHex(armed.exits[0] ?? '0x') }))];
    await armed.at(62);
    assert.deepEqual(armed.nonces(), [7, 8, 7, 8]);
    assert.equal(armed.acts('taken')[0]?.['isOurs'], false);
  });

  it('dying at each write, every life one write longer: each exit is signed once, logged before it is sent, and told', async (t) => {
    const armed = await arm(t, { maximumWei: LIMIT });
    const commit = armed.store.commit.bind(armed.store);
    for (let life = 0, isDone = false; !isDone; life += 1) {
      assert.ok(life < 50, 'it gets on');
      let writes = 0;
      armed.store.commit = async (change) => {
        writes += 1;
        if (writes > life) throw new Error('killed');
        await commit(change);
      };
      try {
        const again = await armed.reopen();
        for (const nowT of [0, 61, 62]) await again(nowT);
        isDone = true;
      } catch (cause) {
        if (!(cause instanceof Error) || cause.message !== 'killed') throw cause;
      }
    }
    assert.equal(new Set(armed.sent.map(({ raw }) => raw)).size, 2);
    assert.ok(armed.sent.every(({ raw, logged }) => logged.includes(raw)));
    assert.deepEqual([armed.acts('announce').length, armed.acts('force').length, armed.told().length], [1, 2, 3]);
  });
});

const GWEI = 1_000_000_000n;

interface Arming { readonly maximumWei: bigint; readonly isDryRun?: boolean; readonly count?: number; readonly store?: Store; readonly stateRoot?: Hex }

/** An auto-exit over a world that the test turns: the L1 of `world`, and an upgrade pending that does not decode. */
async function arm(t: TestContext, { maximumWei, isDryRun = false, count = 2, store: kept, stateRoot: keptRoot }: Arming) {
  const path = directory(t);
  const [keystore, vetoFile] = [join(path, 'key.json'), join(path, 'veto')];
  writeFileSync(keystore, encryptKeystoreJsonSync({ address: OTHER.address, privateKey: `0x${'22'.repeat(32)}` }, 'password', { scrypt: { N: 2 } }));
  process.env['EXIT_TEST_PASSWORD'] = 'password';
  const presigned = await fileOf(t, Array.from({ length: count }, (_, nonce) => ({ nonce })));
  const config = parseConfig(JSON.stringify({
    l1: { chainId: 31_337, quorum: 2, endpoints: ['a', 'b'].map((operator) => ({ url: `http://${operator}/`, operator })) }, deployment: { deployBlock: 0, contracts: {} }, data: join(path, 'data'),
    autoExit: { owner: OWNER.address, presigned, keystore, passwordFrom: 'EXIT_TEST_PASSWORD', graceSeconds: 60, maximumWei: String(maximumWei), vetoFile, isDryRun }, channels: [{ kind: 'webhook', name: 'hook', url: 'http://a/', secretFrom: 'S' }],
  }), 'test');
  const store = kept ?? new Store(config.data);
  if (kept === undefined) t.after(async () => store.close());
  const stateRoot = keptRoot ?? await stateWithSomebody(store);
  const world = { baseFee: GWEI, latestNonce: 7, finalNonce: 7, messages: [] as Hex[], executedTo: 0 };
  const sent: { raw: Hex; logged: string }[] = [];
  const endpoint = { operator: 'a', request: async (method: string, [raw]: readonly unknown[]) => {
    if (method === 'eth_getProof') return { accountProof: (await accountAtNonce(world.latestNonce)).proof, storageProof: [] };
    const isKnown = sent.some((other) => other.raw === raw);
    sent.push({ raw: raw as Hex, logged: JSON.stringify(store.list<LogRow>(['log'])) });
    if (isKnown) throw new EndpointFault('rpc-error', 'a', 'already known');
  } } as never;
  const quorum = { needed: 2, head: async () => ({ header: { number: 1n, baseFeePerGas: world.baseFee, stateRoot: (await accountAtNonce(world.latestNonce)).root } }) } as never;
  const reopen = async (otherKey?: Hex): Promise<(nowT: number) => Promise<Decision>> => {
    const exit = await AutoExit.open({ config, store, quorum, endpoints: [endpoint], wallMilliseconds: () => 0 }, BigInt(CHAIN), otherKey);
    assert.ok(exit !== undefined);
    return async (nowT) => exit.consider(hostileView(config, nowT, stateRoot, world));
  };
  const log = (): readonly Readonly<Record<string, unknown>>[] => store.list<LogRow>(['log']).map(({ entry }) => entry);
  return {
    store, stateRoot, sent, vetoFile, world, log, reopen, at: await reopen(), told: () => store.list<OutboxRow>(['outbox']).map(({ text }) => text), acts: (act: string) => log().filter((entry) => entry['act'] === act),
    nonces: () => sent.map(({ raw }) => parseTransaction(raw).nonce), exits: (JSON.parse(readFileSync(presigned, 'utf8')) as { exits: { raw: Hex }[] }).exits.map(({ raw }) => raw),
  };
}

/** A state of L1 in which the fee key is at a nonce, with the proof of it. */
async function accountAtNonce(nonce: number): Promise<{ readonly root: Hex; readonly proof: readonly Hex[] }> {
  const trie = await createMPT({ useKeyHashing: true });
  await trie.put(fromHex(OTHER.address), new Account(BigInt(nonce), 1n).serialize());
  return { root: toHex(trie.root()), proof: (await createMerkleProof(trie, fromHex(OTHER.address))).map(toHex) };
}

/** A state in which somebody else has an account, so that the owner's absence is proven by the trie. */
async function stateWithSomebody(store: Store): Promise<Hex> {
  const nodes = new TrieStore(() => undefined);
  const trie = await createMPT({ db: nodes, useKeyHashing: true, valueEncoding: ValueEncoding.Bytes });
  await trie.put(fromHex(OTHER.address), new Account(9n, 9n).serialize());
  await store.commit((write) => { for (const [key, value] of nodes.take()) write.putBytes(key, value); });
  return toHex(trie.root());
}

/** A final state in which an upgrade is pending that does not decode; the owner's account is fresh. */
function hostileView(config: ReturnType<typeof parseConfig>, nowT: number, stateRoot: Hex, world: { readonly finalNonce: number; readonly messages: readonly Hex[]; readonly executedTo: number }): never {
  const answers: Readonly<Record<string, unknown>> = {
    'Clock.current': BigInt(nowT), 'Clock.TIME_SCALE': 1n, 'UpgradeTimelock.exitWindow': 1_000n, 'UpgradeTimelock.state': 1, 'UpgradeTimelock.scheduleOf': { eta: 100_000, expiry: 200_000 }, 'Rollup.finalHead': [0n, '0x', '0x', 0n], 'Inbox.backlog': 0n,
  };
  return {
    header: { number: 1n, hash: '0x01', baseFeePerGas: 1_000_000_000n }, answers: AGREE, config, memory: new Map(), contracts: { address: () => `0x${'33'.repeat(20)}` },
    read: (contract: string, name: string) => Promise.resolve(answers[`${contract}.${name}`]),
    prove: () => Promise.resolve({ nonce: BigInt(world.finalNonce) }),
    events: (contract: string) => (contract === 'Inbox' ? world.messages.map((message, index) => ({ transactionHash: keccak256(message), args: { index: String(index), message } })) : contract === 'UpgradeTimelock' ? [{ args: { id: `0x${'ba'.repeat(32)}`, upgrade: { kind: 99, payload: '0x', reportHash: '0x', salt: '0x' } } }] : []),
    reexecuted: () => ({ state: { broken: undefined, executed: { batch: 0, inboxTo: world.executedTo, head: { stateRoot } } }, findings: [], fault: undefined, resultOf: () => undefined }),
  } as never;
}
