// What governance does from the page, before anything is signed: upgrades composed from forms, proposals in words, acts that pass between
// members as files and links, signatures in the form that contracts take, answers to challenges, and the guard before every act.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TypedDataEncoder, Wallet, keccak256, toUtf8Bytes } from 'ethers';
import fc from 'fast-check';
import { decodeFunctionData, encodeAbiParameters, encodeFunctionData } from 'viem';
import type { AbiParameter, Hex } from 'viem';
import { mergeActs as mergeFiles } from '../../node/cli/governance/councilActs.ts';
import { UPGRADE_KINDS } from '../../node/protocol/upgrade.ts';
import { ABIS } from '../../governance-ui/chain/abis.ts';
import { actOfLink, linkOfAct, mergeActs, parseActs } from '../../governance-ui/chain/actFiles.ts';
import { typedAlive } from '../../governance-ui/chain/challenges.ts';
import { FORMS, codeAddressOf, composePayload, membersText, parseField } from '../../governance-ui/chain/compose.ts';
import { actText, parseAct, typedAct } from '../../governance-ui/chain/council.ts';
import type { CouncilAct } from '../../governance-ui/chain/council.ts';
import { decodeCall } from '../../governance-ui/chain/decode.ts';
import { proposalIdOf, proposedUpgrade } from '../../governance-ui/chain/governor.ts';
import { isSignatureOver, plainSignature } from '../../governance-ui/chain/typedData.ts';
import { decodedUpgrade, reportFileOf, upgradeWords } from '../../governance-ui/chain/upgradeWords.ts';
import { judgeWallet } from '../../governance-ui/chain/walletState.ts';
import { answerChallenge, bringInAnswer, challengeMember, removeSilent, submitAct } from '../../governance-ui/flows/council.ts';
import { descriptionOf, proposeUpgrade, proposedContent } from '../../governance-ui/flows/propose.ts';

const A = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const B = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC';
const GOVERNOR = '0x29795F73c236494b073c4c986D3a46016E6C91C0';
const TIMELOCK = '0x52FC5183Eff32B8Cbd4576C486FB810A617FBc83';
const COUNCIL = '0xA43D474FE3850B99c217D584a9d5EAb171Ea46CD';
const HASH: Hex = `0x${'ab'.repeat(32)}`;
const KNOWN = new Map([[GOVERNOR.toLowerCase(), 'KeyfallGovernor'], [TIMELOCK.toLowerCase(), 'UpgradeTimelock'], [COUNCIL.toLowerCase(), 'SecurityCouncil']] as const);
/** What a person types into each form, and what has to come out of the payload. */
const TYPED: Readonly<Record<string, { readonly typed: Record<string, string>; readonly fields: Record<string, unknown> }>> = {
  Core: { typed: { implementation: ` ${A.toLowerCase()} `, migrates: 'yes' }, fields: { implementation: A, codehash: HASH, migrates: true } },
  ZkLane: { typed: { lane: A, builtOn: `${B}, ${TIMELOCK}` }, fields: { lane: A, codehash: HASH, builtOn: [B, TIMELOCK] } },
  LaneSwitch: { typed: { lane: A, isEnabled: 'off' }, fields: { lane: A, codehash: HASH, isEnabled: false } },
  Spec: { typed: { specId: '2', delaySeconds: '8 d' }, fields: { specId: 2n, delaySeconds: 691_200n } },
  AttesterSet: { typed: { previousLane: '', lane: A }, fields: { previousLane: `0x${'0'.repeat(40)}`, lane: A, codehash: HASH } },
  Operator: { typed: { hotKey: A, coldKey: B }, fields: { hotKey: A, coldKey: B } },
  Fees: { typed: { dataFeeScalar: '1100000', surchargeScalar: '1000000' }, fields: { dataFeeScalar: 1_100_000n, surchargeScalar: 1_000_000n } },
  Council: { typed: { members: `${A} external\n${B}`, threshold: '6' }, fields: { members: [{ account: B, isExternal: false }, { account: A, isExternal: true }], threshold: 6n } },
};

function composed(name: string, changed: Record<string, string> = {}): ReturnType<typeof composePayload> {
  const form = FORMS.find((one) => one.name === name) ?? assert.fail(`no form for ${name}`);
  return composePayload(form, { ...TYPED[name]?.typed, ...changed }, HASH);
}

function upgradeOf(name: string): { kind: number; payload: Hex; reportHash: Hex; salt: Hex } {
  const made = composed(name);
  assert.ok(made.ok, made.ok ? '' : made.why);
  return { kind: UPGRADE_KINDS.findIndex((one) => one.name === name), payload: made.payload, reportHash: HASH, salt: `0x${'01'.repeat(32)}` };
}

const act: CouncilAct = { act: 'veto', chainId: '31337', council: COUNCIL, timelock: TIMELOCK, epoch: '1', nonce: '7', deadline: '1800000000', upgrade: upgradeOf('Core'), approvals: [] };

describe('an upgrade composed in the page', () => {
  test('has a form for every kind of the protocol, which comes out as exactly what was typed', () => {
    assert.deepEqual(FORMS.map(({ name }) => name), UPGRADE_KINDS.map(({ name }) => name));
    for (const { name } of UPGRADE_KINDS) assert.deepEqual(decodedUpgrade(upgradeOf(name)), { name, fields: TYPED[name]?.fields });
  });

  test('is handed to the report as a file that encodes to the same payload, for every kind', () => {
    const integers = (value: unknown): unknown => (typeof value === 'string' && /^\d+$/.test(value) ? BigInt(value) : Array.isArray(value) ? value.map(integers) : value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, integers(item)])) : value);
    for (const { name, payload } of UPGRADE_KINDS) {
      const upgrade = upgradeOf(name);
      const file = JSON.parse(reportFileOf(upgrade) ?? assert.fail(name)) as { kind: string; fields: unknown };
      assert.equal(file.kind, name);
      assert.equal(encodeAbiParameters([payload as AbiParameter], [integers(file.fields)]), upgrade.payload, name);
    }
    assert.equal(reportFileOf({ ...upgradeOf('Core'), payload: '0x1234' }), undefined);
  });

  test('is not made while a field is empty, or says two things, or nothing', () => {
    for (const form of FORMS) for (const { name, type } of form.fields) if (type !== 'addresses' && type !== 'optional address') assert.ok(!composed(form.name, { [name]: '' }).ok, `${form.name}.${name}`);
    for (const [type, text] of [
      ['address', A.replace('C5', 'c5')], ['address', `0x${'0'.repeat(40)}`], ['code', '0x12'], ['number', '-1'], ['number', '1e3'], ['number', '0x10'], ['number', (2n ** 256n).toString()],
      ['duration', '8'], ['duration', '8 w'], ['duration', '1.5 d'], ['yes or no', 'maybe'], ['on or off', ''], ['members', `${A}\n${A.toLowerCase()} external`], ['members', `${A} friend`], ['addresses', `${A}, x`],
    ] as const) assert.ok(!parseField(type, text).ok, `${type}: ${text}`);
  });

  test('pins code only by the hash that was read, and names the address to read it at', () => {
    const core = FORMS[0] ?? assert.fail('no form');
    assert.equal(codeAddressOf(core, TYPED['Core']?.typed ?? {}), A);
    assert.equal(codeAddressOf(core, { implementation: A.slice(0, -1) }), undefined);
    assert.ok(!composePayload(core, TYPED['Core']?.typed ?? {}, undefined).ok);
  });

  test('members come back from their text in the order the council wants, whatever order they were typed in', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.bigInt({ min: 1n, max: 2n ** 160n - 1n }), { minLength: 1, maxLength: 24 }), fc.infiniteStream(fc.boolean()), (numbers, flags) => {
      const list = numbers.map((number) => ({ account: `0x${number.toString(16).padStart(40, '0')}` as Hex, isExternal: flags.next().value === true }));
      const parsed = parseField('members', membersText(list));
      assert.ok(parsed.ok);
      const got = parsed.value as { account: string; isExternal: boolean }[];
      assert.deepEqual(got.map(({ account, isExternal }) => [BigInt(account), isExternal]), list.toSorted((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1)).map(({ account, isExternal }) => [BigInt(account), isExternal]));
    }));
  });

  test('is proposed by bytes that voters read back as the same upgrade, with its proposer in the description', () => {
    const on = { chainId: 31_337, governor: GOVERNOR, timelock: TIMELOCK } as const;
    for (const { name } of UPGRADE_KINDS) {
      const upgrade = upgradeOf(name);
      const description = descriptionOf('because', A);
      const content = proposedContent(TIMELOCK, upgrade, description);
      const read = proposedUpgrade(proposalIdOf(content), content, TIMELOCK, 31_337);
      assert.ok(read.ok && read.upgrade.payload === upgrade.payload && read.upgrade.kind === upgrade.kind, name);
      assert.equal(content.descriptionHash, keccak256(toUtf8Bytes(description)));
      const said = decodeCall(proposeUpgrade(on, upgrade, description), KNOWN);
      assert.ok(said.ok && said.call.sentence.includes(upgradeWords(upgrade)) && said.call.sentence.includes(`Only ${A}`), name);
    }
    const bare = decodeCall(proposeUpgrade(on, upgradeOf('Fees'), 'because'), KNOWN);
    assert.ok(bare.ok && bare.call.sentence.includes('ANYONE CAN PROPOSE THE SAME'));
  });

  test('a proposal of anything but one scheduling is not described', () => {
    const good = proposeUpgrade({ chainId: 1, governor: GOVERNOR, timelock: TIMELOCK }, upgradeOf('Fees'), 'x');
    const elsewhere = proposeUpgrade({ chainId: 1, governor: GOVERNOR, timelock: A }, upgradeOf('Fees'), 'x');
    const broken = proposeUpgrade({ chainId: 1, governor: GOVERNOR, timelock: TIMELOCK }, { ...upgradeOf('Fees'), kind: 0 }, 'x');
    assert.ok(decodeCall(good, KNOWN).ok);
    assert.ok(!decodeCall(elsewhere, KNOWN).ok);
    const unreadable = { ...upgradeOf('Fees'), kind: 0 };
    const schedule = { functionName: 'execute', args: [[TIMELOCK], [0n], [encodeFunctionData({ abi: ABIS.UpgradeTimelock, functionName: 'schedule', args: [unreadable] })], HASH] };
    for (const call of [
      broken, submitAct(1, { ...act, upgrade: unreadable }, []), { ...good, data: encodeFunctionData({ abi: ABIS.KeyfallGovernor, ...schedule }) }, { ...good, to: TIMELOCK, data: encodeFunctionData({ abi: ABIS.UpgradeTimelock, functionName: 'execute', args: [unreadable] }) },
    ] as const) {
      const said = decodeCall(call, KNOWN);
      assert.ok(said.ok && said.call.unread !== undefined, 'a payload of another kind asks for typed words, at every depth');
    }
  });
});

const approval = (signer: Hex): CouncilAct['approvals'][number] => ({ signer, signature: `0x${'11'.repeat(64)}1b` });

describe('an act of the council on its way', () => {
  test('files and links carry it whole, and are combined into the signatures of all, ascending and once each', async () => {
    const [one, two] = [{ ...act, approvals: [approval(A)] }, { ...act, approvals: [approval(B), approval(A)] }];
    assert.deepEqual(actOfLink(linkOfAct(two)), two);
    const { act: linked } = await mergeActs([actOfLink(linkOfAct({ ...two, approvals: [...two.approvals, ...two.approvals] }))]);
    assert.equal(linked.approvals.length, two.approvals.length, 'a signature that stands twice in a link counts once');
    const { act: merged, dropped } = await parseActs(`${actText(one)}\n${actText(two)}`);
    assert.deepEqual(merged.approvals.map(({ signer }) => signer), [B, A]);
    assert.deepEqual(dropped, [], 'the same signature twice is no conflict');
    assert.deepEqual((await parseActs(`see https://x.example/#/approve/act/${linkOfAct(one)} and file:///y/#/approve/act/${linkOfAct(two)}`)).act.approvals, merged.approvals);
    assert.deepEqual((await mergeActs([{ ...act, council: COUNCIL.toLowerCase() as Hex }, one])).act.approvals.length, 1, 'the case of an address is no difference');
  });

  test('of two signatures of one member the one that holds stays, whichever comes first and however the other is made up', async () => {
    const wallet = new Wallet(`0x${'42'.repeat(32)}`);
    const [signer, typed] = [wallet.address as Hex, typedAct(act)];
    const { serialized, r, s, v } = wallet.signingKey.sign(typed.digest);
    const good = { signer, signature: serialized as Hex };
    const upper: Hex = `0x${r.slice(2)}${(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n - BigInt(s)).toString(16).padStart(64, '0')}${(v === 27 ? 28 : 27).toString(16)}`;
    const ofAnotherAct = wallet.signingKey.sign(typedAct({ ...act, nonce: '8' }).digest).serialized as Hex;
    for (const signature of [approval(A).signature, '0x', '0x1234', upper, ofAnotherAct, `0x${'ff'.repeat(65)}`] as const) {
      const bad = { signer: signer.toLowerCase() as Hex, signature };
      for (const order of [[good, bad], [bad, good]]) {
        const { act: merged, dropped } = await mergeActs(order.map((one) => ({ ...act, approvals: [one] })));
        assert.deepEqual(merged.approvals.map((one) => one.signature), [good.signature], `${signature} ${order[0] === good ? 'after' : 'before'} the good one`);
        assert.match(dropped.join(), new RegExp(`signatures of ${signer}.*put aside: .*the other one holds`, 'i'));
        assert.ok(dropped.length === 1 && dropped[0]?.includes(signature.slice(0, 14)) === true, 'what was put aside is named');
      }
      // The command line, which takes the same files, keeps the same one.
      const put: string[] = [];
      for (const order of [[good, bad], [bad, good]]) assert.deepEqual(mergeFiles(order.map(({ signature: one }) => ({ format: 'keyfall-council-act-1', ...act, approvals: [{ signer, signature: one }] })), (what) => put.push(what)).approvals.map((one) => one.signature), [good.signature]);
      assert.ok(put.length === 2 && put.every((what) => what.includes(signer)));
      const file = `${actText({ ...act, approvals: [good, approval(A)] })}${actText({ ...act, approvals: [bad] })}`;
      assert.deepEqual((await parseActs(file)).act.approvals.find((one) => one.signer === signer)?.signature, good.signature);
    }
  });

  test('of two signatures that cannot be told from here, a wallet that the chain knows decides, else the first stays and it is said', async () => {
    const [first, second] = [approval(A), { signer: A as Hex, signature: '0x22' as Hex }];
    const acts = [first, second].map((one) => ({ ...act, approvals: [one] }));
    const unjudged = await mergeActs(acts);
    assert.deepEqual(unjudged.act.approvals, [first]);
    assert.match(unjudged.dropped.join(), /0x22 was put aside: neither/);
    const judged = await mergeActs(acts, async (_, __, signature) => signature === second.signature);
    assert.deepEqual(judged.act.approvals, [second]);
  });

  test('two acts that differ in any field are never combined', async () => {
    for (const change of [{ act: 'expedite' }, { chainId: '1' }, { council: A }, { timelock: A }, { epoch: '2' }, { nonce: '8' }, { deadline: '1' }, { upgrade: upgradeOf('Fees') }] as const) await assert.rejects(mergeActs([act, { ...act, ...change } as CouncilAct]), /not the same act/, JSON.stringify(change));
  });

  test('what is cut or changed on its way is refused, and never throws anything but words', async () => {
    const link = linkOfAct(act);
    assert.throws(() => actOfLink(link.slice(0, -7)));
    await assert.rejects(parseActs(actText(act).slice(0, -4)), /whole act/);
    await assert.rejects(parseActs(`x${actText(act)}`), /expected acts/);
    await assert.rejects(parseActs('}'), /closing bracket/);
    await fc.assert(fc.asyncProperty(fc.string({ maxLength: 60 }), async (text) => assert.rejects(parseActs(text), Error)));
  });

  test('is submitted with exactly the approvals that are given, and answers and removals say whom they concern', () => {
    const call = submitAct(31_337, act, [approval(B)]);
    const { functionName, args } = decodeFunctionData({ abi: ABIS.SecurityCouncil, data: call.data });
    assert.equal(functionName, 'veto');
    assert.deepEqual((args as readonly unknown[])[3], [approval(B)]);
    const on = { chainId: 31_337, council: COUNCIL } as const;
    for (const prepared of [challengeMember(on, A), bringInAnswer(on, A, '0x1234'), removeSilent(on, A)]) {
      const said = decodeCall(prepared, KNOWN);
      assert.ok(said.ok && said.call.sentence.includes(A), prepared.title);
    }
    assert.ok(decodeCall(answerChallenge(on), KNOWN).ok);
    const resolution = parseAct(JSON.stringify({ format: 'keyfall-council-act-1', ...act, act: 'resolve', upgrade: undefined, disputeId: '3', lane: A }));
    assert.deepEqual((decodeFunctionData({ abi: ABIS.SecurityCouncil, data: submitAct(1, resolution, []).data }).args as readonly unknown[]).slice(0, 2), [3n, A]);
  });

  test('a sign of life hashes as ethers hashes the council\'s Alive', () => {
    const types = { Alive: [{ name: 'member', type: 'address' }, { name: 'answerableUntil', type: 'uint256' }, { name: 'epoch', type: 'uint256' }] };
    assert.equal(typedAlive(COUNCIL, 31_337, A, 99n, 2n).digest, TypedDataEncoder.hash({ name: 'Keyfall SecurityCouncil', version: '1', chainId: 31_337, verifyingContract: COUNCIL }, types, { member: A, answerableUntil: 99n, epoch: 2n }));
  });

  test('a signature comes out in the one form that the contracts take, whatever form a wallet gave it', async () => {
    const wallet = new Wallet(`0x${'42'.repeat(32)}`);
    const typed = typedAct(act);
    const plain = wallet.signingKey.sign(typed.digest);
    const upper = { r: plain.r, s: `0x${(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n - BigInt(plain.s)).toString(16).padStart(64, '0')}`, v: plain.v === 27 ? 28 : 27 };
    const forms = [plain.serialized, `${plain.serialized.slice(0, -2)}${plain.yParity === 0 ? '00' : '01'}`, `${upper.r}${upper.s.slice(2)}${upper.v.toString(16)}`];
    for (const form of forms) {
      assert.equal(plainSignature(form as Hex), plain.serialized, form);
      assert.ok(await isSignatureOver(typed, plainSignature(form as Hex), wallet.address as Hex));
    }
  });
});

describe('the guard before every act', () => {
  test('lets pass exactly the account that was shown, on exactly the network of the act', () => {
    const wanted = { account: A, chainId: 1 } as const;
    assert.deepEqual(judgeWallet(wanted, { accounts: [A.toLowerCase() as Hex, B], chainId: 1 }), { ok: true });
    for (const [state, differs] of [[{ accounts: [B, A], chainId: 1 }, 'account'], [{ accounts: [], chainId: 1 }, 'account'], [{ accounts: [A], chainId: 2 }, 'network'], [{ accounts: [B], chainId: 2 }, 'account']] as const) {
      const verdict = judgeWallet(wanted, state);
      assert.ok(!verdict.ok && verdict.differs === differs);
    }
  });
});
