// `keyfall council sign FILE`: one member's signature on an act. Works without any network. Owns showing what is signed, with the hashes
// that a hardware wallet shows, before it is signed.

import { parseAddress, parseBytes } from '../amounts.ts';
import { CommandFailure } from '../failure.ts';
import { actHashes, isKeySignature, readAct, typedAct, withApproval, writeAct } from '../governance/councilActs.ts';
import { homeAt } from '../home.ts';
import { loadWallet } from '../keys.ts';
import type { KeyOptions } from '../keys.ts';
import type { Output } from '../output.ts';

export interface CouncilSignOptions extends KeyOptions {
  readonly home?: string;
  readonly out?: string;
  /** A signature made elsewhere: by a hardware wallet, or by a contract wallet (EIP-1271). */
  readonly signer?: string;
  readonly signature?: string;
}

export async function councilSign(path: string, options: CouncilSignOptions, output: Output): Promise<void> {
  const act = readAct(path);
  const typed = typedAct(act);
  const hashes = actHashes(typed);
  output.progress(typed.sentence);
  for (const [name, value] of Object.entries({ ...typed.value, chainId: act.chainId, council: act.council, ...hashes })) output.progress(`  ${name}: ${String(value)}`);
  if ((options.signer === undefined) !== (options.signature === undefined)) throw new CommandFailure('usage', 'expected --signer and --signature together');
  let [signer, signature] = [options.signer === undefined ? '' : parseAddress(options.signer, '--signer'), options.signature === undefined ? '' : parseBytes(options.signature, '--signature')];
  if (options.signer === undefined) {
    const wallet = await loadWallet(options, homeAt(options.home));
    [signer, signature] = [wallet.address, await wallet.signTypedData(typed.domain, typed.types, typed.value)];
  }
  const isKey = isKeySignature(typed, signer, signature);
  const signed = withApproval(act, signer, signature);
  writeAct(options.out ?? path, signed);
  output.result(
    { file: options.out ?? path, signer, signature, approvals: signed.approvals.length, isKeySignature: isKey, ...hashes },
    [`${signer} signed; ${signed.approvals.length} approvals in ${options.out ?? path}`, ...(isKey ? [] : ['  not a key\'s signature: whether the wallet accepts it is known only on chain'])],
  );
}
