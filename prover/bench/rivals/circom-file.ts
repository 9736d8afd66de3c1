// Files of circom's tools (`.wtns`, `.zkey`): four letters, a version, sections by number, numbers from the least byte.
// Owns: the container and its integers. Does not own: what a section holds (sibling files).
// Invariant: a field element takes 32 bytes and is below the modulus it was reduced by.

/** Bytes of an element of BN254's fields. */
export const FIELD_BYTES = 32;
const FIRST_CAPACITY = 1024;

class SectionWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  #reserve(count: number): DataView {
    if (this.#length + count > this.#bytes.length) {
      const grown = new Uint8Array(2 * (this.#length + count));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#length += count;
    return new DataView(this.#bytes.buffer, this.#length - count, count);
  }

  u32(value: number): void { this.#reserve(4).setUint32(0, value, true); }
  u64(value: number): void { this.#reserve(8).setBigUint64(0, BigInt(value), true); }
  field(value: bigint): void { writeField(this.#reserve(FIELD_BYTES), value); }

  bytes(bytes: Uint8Array): void {
    const view = this.#reserve(bytes.length);
    new Uint8Array(view.buffer, view.byteOffset, bytes.length).set(bytes);
  }

  finish(): Uint8Array { return this.#bytes.subarray(0, this.#length); }
}

/** 32 bytes, least first. */
export const writeField = (view: DataView, value: bigint): void => {
  for (let i = 0; i < FIELD_BYTES / 8; i += 1) view.setBigUint64(8 * i, BigInt.asUintN(64, value >> BigInt(64 * i)), true);
};

/** A file whose sections are numbered from 1 in the order given. */
export const encodeFile = (magic: string, version: number, sections: readonly ((writer: SectionWriter) => void)[]): Uint8Array => {
  const file = new SectionWriter();
  file.bytes(new TextEncoder().encode(magic));
  file.u32(version);
  file.u32(sections.length);
  sections.forEach((write, i) => {
    const section = new SectionWriter();
    write(section);
    const bytes = section.finish();
    file.u32(i + 1);
    file.u64(bytes.length);
    file.bytes(bytes);
  });
  return file.finish();
};
