// What a hardware wallet will show for flat EIP-712 data: domain hash, message hash, every field, in pieces that eyes can compare.
// Owns the drawing. Invariant: everything shown is computed here from the fields, nothing is taken from a file as a hash.

'use client';

import type { FlatTyped } from '../chain/typedData.ts';
import { QrCode } from './qr.tsx';
import { Disclosure, HexText, Row, Rows } from './ui.tsx';

/** Pieces of eight digits. */
function pieces(hash: string): string[] {
  return hash.slice(2).match(/.{1,8}/g) ?? [];
}

function Hash({ value }: { value: string }) {
  return <code className="device-hash" aria-label={value}>{pieces(value).map((piece, index) => <span key={index}>{piece}</span>)}</code>;
}

/** As `eth_signTypedData_v4` takes it. */
function typedText({ domain, types, primaryType, message }: FlatTyped): string {
  return JSON.stringify({ domain, types, primaryType, message }, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
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
      <Disclosure summary="For a second device: the same as a QR code">
        <QrCode text={typedText(typed)} label={`The data to be signed, as JSON; its EIP-712 digest is ${typed.digest}`} />
        <p className="quiet">It holds the domain, the type and every field as JSON. A device that is never online computes the hashes from them itself, and must come to the same.</p>
        <HexText value={typed.digest} isWhole />
      </Disclosure>
    </div>
  );
}
