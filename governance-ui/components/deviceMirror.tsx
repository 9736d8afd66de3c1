// What a hardware wallet will show for flat EIP-712 data: domain hash, message hash, every field, in pieces that eyes can compare.
// Owns the drawing. Invariant: everything shown is computed here from the fields, nothing is taken from a file as a hash.

'use client';

import type { FlatTyped } from '../chain/typedData.ts';
import { Row, Rows } from './ui.tsx';

/** Pieces of eight digits. */
function pieces(hash: string): string[] {
  return hash.slice(2).match(/.{1,8}/g) ?? [];
}

function Hash({ value }: { value: string }) {
  return <code className="device-hash" aria-label={value}>{pieces(value).map((piece, index) => <span key={index}>{piece}</span>)}</code>;
}

export function DeviceMirror({ typed }: { typed: FlatTyped }) {
  return (
    <div className="device">
      <p className="device-title">What your device should show</p>
      <Rows>
        <Row name="Domain hash"><Hash value={typed.domainHash} /></Row>
        <Row name="Message hash"><Hash value={typed.messageHash} /></Row>
        <Row name="To be signed" hint="EIP-712 digest"><Hash value={typed.digest} /></Row>
        <Row name="Type">{typed.primaryType}</Row>
        {Object.entries(typed.message).map(([name, value]) => <Row key={name} name={name}><code className="wrap">{String(value)}</code></Row>)}
      </Rows>
    </div>
  );
}
