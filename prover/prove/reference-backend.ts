// The readable backend: every operation by its definition, on the reference transforms and tree.
// Owns: the meaning of each backend operation; the WASM backend is tested against it.
// Does not own: speed. Use it for small tables and as the other side of differentials.
// Invariant: values are canonical; columns are kept as coefficients and as bit-reversed extensions.

import assert from "node:assert/strict";
import { quotientNumerator } from "../air/codegen.ts";
import { buildPermutation } from "../air/permutation.ts";
import type { PermutationTrace } from "../air/permutation.ts";
import { extAdd, extBatchInv, extFromFelt, extMul, extPowTwo, extScale, extSub } from "../field/ext4.ts";
import type { Ext } from "../field/ext4.ts";
import { GENERATOR, batchInv, inv, mul, pow, sub, twoAdicRoot } from "../field/koalabear.ts";
import type { Felt } from "../field/koalabear.ts";
import { suiteOf } from "../hash/suite.ts";
import type { HashName } from "../hash/suite.ts";
import { MixedTree } from "../merkle/mixed-tree.ts";
import type { TreeOpening } from "../merkle/mixed-tree.ts";
import { evaluateAt, evaluateOnCoset, foldRow, inverseNtt, reverseBits, scaleByPowers } from "../ntt/ntt.ts";
import { findNonce } from "../transcript/grind.ts";
import type { Label } from "../transcript/labels.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { Codeword, CommitMatrix, Commitment, DeepRequest, LookupRequest, ProverBackend, QuotientRequest } from "./backend.ts";

type ExtendedMatrix = {
  readonly logSize: number;
  readonly coefficients: readonly Uint32Array[];
  /** Bit-reversed values on the extension coset, per column. */
  readonly columns: readonly Uint32Array[];
};

class ReferenceCommitment implements Commitment {
  readonly matrices: readonly ExtendedMatrix[];
  readonly #tree: MixedTree;
  constructor(matrices: readonly ExtendedMatrix[], hash: HashName) {
    this.matrices = matrices;
    this.#tree = new MixedTree(matrices.map(({ logSize, columns }) => ({
      logHeight: logSize, width: columns.length, row: (index) => columns.map((column) => column[index] as Felt),
    })), suiteOf(hash));
  }
  get root(): readonly Felt[] {
    return this.#tree.root;
  }
  open(leaf: number): TreeOpening {
    return this.#tree.open(leaf);
  }
}

class ReferenceCodeword implements Codeword {
  readonly logSize: number;
  readonly values: readonly Ext[];
  constructor(logSize: number, values: readonly Ext[]) {
    assert.equal(values.length, 2 ** logSize);
    this.logSize = logSize;
    this.values = values;
  }
}

class ReferenceFoldCommitment implements Commitment {
  readonly #tree: MixedTree;
  constructor({ values, logSize }: ReferenceCodeword, logArity: number, hash: HashName) {
    const arity = 2 ** logArity;
    this.#tree = new MixedTree([{
      logHeight: logSize - logArity, width: 4 * arity,
      row: (index) => values.slice(index * arity, (index + 1) * arity).flat(),
    }], suiteOf(hash));
  }
  get root(): readonly Felt[] {
    return this.#tree.root;
  }
  open(leaf: number): TreeOpening {
    return this.#tree.open(leaf);
  }
}

function matrixOf(commitment: Commitment, matrix: number): ExtendedMatrix {
  assert(commitment instanceof ReferenceCommitment, "a commitment of another backend");
  const found = commitment.matrices[matrix];
  assert(found !== undefined, `no matrix ${matrix}`);
  return found;
}

function wordOf(codeword: Codeword): ReferenceCodeword {
  assert(codeword instanceof ReferenceCodeword, "a codeword of another backend");
  return codeword;
}

/** Point of position j of a bit-reversed word over <w_logSize>. */
function subgroupPoint(logSize: number, position: number): Felt {
  return pow(twoAdicRoot(logSize), reverseBits(position, logSize));
}

function columnOf(matrix: CommitMatrix, column: number): Uint32Array {
  return Uint32Array.from({ length: 2 ** matrix.logHeight }, (_, row) => matrix.values[row * matrix.width + column] as Felt);
}

/** Row-major, natural-order values on the coset of 2^logSize points: the first positions of the extension. */
function naturalRows(matrix: ExtendedMatrix | undefined, logSize: number): Uint32Array {
  if (matrix === undefined) return new Uint32Array(0);
  const width = matrix.columns.length;
  const rows = new Uint32Array(width * 2 ** logSize);
  matrix.columns.forEach((column, c) => {
    for (let i = 0; i < 2 ** logSize; i++) rows[i * width + c] = column[reverseBits(i, logSize)] as Felt;
  });
  return rows;
}

/** Selectors and 1/Z on the natural-order coset s * <w_(n+1)> (air/README.md). */
export function cosetSelectors(logHeight: number): {
  first: Uint32Array; last: Uint32Array; transition: Uint32Array; vanishingInverse: Uint32Array;
} {
  const size = 2 ** (logHeight + 1);
  const root = twoAdicRoot(logHeight + 1);
  const lastPoint = inv(twoAdicRoot(logHeight));
  const points = new Uint32Array(size);
  for (let i = 0, x = GENERATOR; i < size; i++, x = mul(x, root)) points[i] = x;
  const vanishing = points.map((x) => sub(pow(x, 2 ** logHeight), 1));
  const transition = points.map((x) => sub(x, lastPoint));
  const firstInverse = batchInv(points.map((x) => sub(x, 1)));
  const lastInverse = batchInv(transition);
  return {
    first: vanishing.map((z, i) => mul(z, firstInverse[i] as Felt)),
    last: vanishing.map((z, i) => mul(z, lastInverse[i] as Felt)),
    transition,
    vanishingInverse: batchInv(vanishing),
  };
}

export class ReferenceBackend implements ProverBackend {
  async commit(matrices: readonly CommitMatrix[], logBlowup: number, hash: HashName): Promise<Commitment> {
    return new ReferenceCommitment(matrices.map((matrix) => {
      const logSize = matrix.logHeight + logBlowup;
      const coefficients = Array.from({ length: matrix.width }, (_, c) => {
        const column = columnOf(matrix, c);
        if (matrix.form === "values") inverseNtt(column);
        return column;
      });
      return { logSize, coefficients, columns: coefficients.map((column) => evaluateOnCoset(column, logSize, GENERATOR)) };
    }), hash);
  }

  async lookup({ chip, trace, alpha, beta }: LookupRequest): Promise<PermutationTrace> {
    return buildPermutation(chip, trace, alpha, beta);
  }

  async quotient(request: QuotientRequest): Promise<CommitMatrix> {
    const { chip, logHeight } = request;
    const logSize = logHeight + 1;
    const at = (part: QuotientRequest["preprocessed"]): Uint32Array =>
      naturalRows(part === undefined ? undefined : matrixOf(part.commitment, part.matrix), logSize);
    const { first, last, transition, vanishingInverse } = cosetSelectors(logHeight);
    const numerator = quotientNumerator(chip)({
      rowCount: 2 ** logSize, nextStep: 2, preprocessed: at(request.preprocessed), main: at(request.main),
      permutation: at(request.permutation), publics: request.publics, alpha: request.alpha, beta: request.beta,
      sumShare: request.sumShare, foldChallenge: request.foldChallenge, first, last, transition,
    });
    const height = 2 ** logHeight;
    const values = new Uint32Array(8 * height);
    for (let k = 0; k < 4; k++) {
      const column = vanishingInverse.map((inverse, i) => mul(inverse, numerator[4 * i + k] as Felt));
      inverseNtt(column);
      scaleByPowers(column, inv(GENERATOR));
      column.forEach((coefficient, i) => {
        values[8 * (i % height) + 4 * Math.floor(i / height) + k] = coefficient;
      });
    }
    return { logHeight, width: 8, values, form: "coefficients" };
  }

  async evaluate(commitment: Commitment, matrix: number, point: Ext): Promise<Ext[]> {
    return matrixOf(commitment, matrix).coefficients.map((column) => evaluateAt(column, point));
  }

  async deep(request: DeepRequest): Promise<Codeword> {
    const size = 2 ** request.logSize;
    const points = Array.from({ length: size }, (_, j) => mul(GENERATOR, subgroupPoint(request.logSize, j)));
    const invert = (point: Ext): Ext[] => extBatchInv(points.map((x) => extSub(extFromFelt(x), point)));
    const [hereInverse, nextInverse] = [invert(request.herePoint), invert(request.nextPoint)];
    return new ReferenceCodeword(request.logSize, points.map((_, j) => {
      let here: Ext = [0, 0, 0, 0];
      let next: Ext = [0, 0, 0, 0];
      for (const term of request.terms) {
        const { columns } = matrixOf(term.commitment, term.matrix);
        term.here.forEach((weight, c) => (here = extAdd(here, extScale(weight, columns[c]?.[j] as Felt))));
        for (const { column, weight } of term.next) next = extAdd(next, extScale(weight, columns[column]?.[j] as Felt));
      }
      return extAdd(
        extMul(extSub(here, request.hereValue), hereInverse[j] as Ext),
        extMul(extSub(next, request.nextValue), nextInverse[j] as Ext),
      );
    }));
  }

  async commitFold(codeword: Codeword, logArity: number, hash: HashName): Promise<Commitment> {
    return new ReferenceFoldCommitment(wordOf(codeword), logArity, hash);
  }

  async fold(codeword: Codeword, logArity: number, challenge: Ext, rollIn: Codeword | undefined): Promise<Codeword> {
    const { values, logSize } = wordOf(codeword);
    const arity = 2 ** logArity;
    const added = rollIn === undefined ? undefined : wordOf(rollIn).values;
    const factor = extPowTwo(challenge, logArity);
    const folded = Array.from({ length: values.length / arity }, (_, row) => {
      const shift = pow(twoAdicRoot(logSize), reverseBits(row, logSize - logArity));
      const value = foldRow(values.slice(row * arity, (row + 1) * arity), shift, challenge);
      return added === undefined ? value : extAdd(value, extMul(factor, added[row] as Ext));
    });
    return new ReferenceCodeword(logSize - logArity, folded);
  }

  async read(codeword: Codeword): Promise<Ext[]> {
    return [...wordOf(codeword).values];
  }

  async grind(transcript: Transcript, label: Label, bitCount: number): Promise<Felt> {
    return findNonce(transcript, label, bitCount);
  }

  release(): void {
    // Everything lives on the JavaScript heap and is collected with its last reference.
  }
}
