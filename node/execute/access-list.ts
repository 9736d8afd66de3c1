// eth_createAccessList: which addresses and slots a call touches.
//
// Owns: repeating the call with the list found until it is stable. Does not own: recording (EthereumJS's journal).
// Invariant: the returned list was used for the returned gas; sender, destination, coinbase and precompiles appear only
// with slots, since naming them alone would cost gas and save none.
import { toKey } from './bytes.ts';
import { errorText, gasOf, prepareCall, reportedAccessList, runCallFrame, withCallState } from './call.ts';
import type { MachinePool } from './machine-pool.ts';
import { precompileNumber } from './surcharge.ts';
import type { AccessListItem, AccessListResult, CallContext, CallRequest } from './api.ts';

/** Lists grow by at most what the last one changed; contracts that chase their own warmth must end somewhere. */
const ROUND_LIMIT = 8;

export async function createAccessList(pool: MachinePool, request: CallRequest, context: CallContext): Promise<AccessListResult> {
  return withCallState(pool, context, async (machine, environment): Promise<AccessListResult> => {
    const base = machine.state.snapshot();
    const always = new Set([toKey(request.from ?? new Uint8Array(20)), toKey(request.to ?? new Uint8Array(20)), toKey(environment.coinbase)]);
    let accessList: readonly AccessListItem[] = request.accessList ?? [];
    for (let round = 0; ; round++) {
      machine.state.rollback(base);
      const prepared = prepareCall(machine, environment, request, gasOf(request, context), accessList);
      if (!prepared.ok) return prepared;
      machine.evm.journal.startReportingAccessList();
      const result = await runCallFrame(machine, prepared);
      const found = reportedAccessList(machine).filter(({ address, storageKeys }) => storageKeys.length > 0 || !(always.has(toKey(address)) || precompileNumber(address) !== undefined));
      delete machine.evm.journal.accessList;
      if (isSame(found, accessList) || round === ROUND_LIMIT) {
        return { ok: true, accessList, gasUsed: result.gasUsed, error: result.error === undefined ? undefined : errorText(result.error) };
      }
      accessList = found;
    }
  });
}

function isSame(a: readonly AccessListItem[], b: readonly AccessListItem[]): boolean {
  const flat = (list: readonly AccessListItem[]): string[] => list.flatMap(({ address, storageKeys }) => [toKey(address), ...storageKeys.map((key) => toKey(address) + toKey(key))]).toSorted();
  const [left, right] = [flat(a), flat(b)];
  return left.length === right.length && left.every((entry, index) => entry === right[index]);
}
