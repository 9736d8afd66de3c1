// Operating faults of an attester.
//
// Invariant: 'equivocation' and 'l1-rewound' end the process for good until a person has looked: signing on would put the
// bond at risk. 'configuration' names what the operator must change.

export class AttestFault extends Error {
  readonly code: 'configuration' | 'equivocation' | 'l1-rewound' | 'store';
  constructor(code: AttestFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AttestFault';
    this.code = code;
  }
}
