// Operating faults of derivation. Bad payloads are not among them: those have a result (SPEC.md section 7).
//
// Invariant: each code names what must happen next. 'contradiction' and 'diverged': stop and tell a person; 'ledger',
// 'engine', 'parent', 'store': a bug or a damaged store, the process ends and a fresh one starts from the persisted head.

export class DerivationFault extends Error {
  readonly code: 'contradiction' | 'diverged' | 'ledger' | 'engine' | 'parent' | 'store' | 'below-finalized';
  constructor(code: DerivationFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DerivationFault';
    this.code = code;
  }
}
