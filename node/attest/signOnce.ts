// The durable promise never to sign two outputs for equal inputs: that would slash the bond and disable the lane.
//
// Owns: the record of what this key has bound itself to. Does not own: signing, or whether the outputs are right.
// Invariant: a binding is durable before its signature is computed, and is never changed or deleted. Requests are taken
// one after another, so that no two of them can pass the check together; the store is held by one process alone.

import { concat, hashBytes, toHex, type Hex } from '@keyfall/protocol';
import type { StateKeyValue } from '../execute/api.ts';

const TABLE = 0xb0;

export type Binding = { readonly ok: true } | { readonly ok: false; readonly signed: Hex };

export class SignOnce {
  readonly #store: StateKeyValue;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: StateKeyValue) {
    this.#store = store;
  }

  /** Outputs this key is bound to for these inputs. */
  boundTo(inputs: Hex): Hex | undefined {
    const outputs = this.#store.get(keyOf(inputs));
    return outputs === undefined ? undefined : toHex(outputs);
  }

  /** Binds this key; `ok` only when the binding is durable. */
  async bind(inputs: Hex, outputs: Hex): Promise<Binding> {
    const turn = this.#turn.then(async () => await this.#bind(inputs, outputs));
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  async #bind(inputs: Hex, outputs: Hex): Promise<Binding> {
    const signed = this.boundTo(inputs);
    if (signed !== undefined) return signed === outputs ? { ok: true } : { ok: false, signed };
    await this.#store.write([{ key: keyOf(inputs), value: hashBytes(outputs) }]);
    return { ok: true };
  }
}

function keyOf(inputs: Hex): Uint8Array {
  return concat(Uint8Array.of(TABLE), hashBytes(inputs));
}
