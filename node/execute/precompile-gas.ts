// Gas of each Osaka precompile for an input, known before it runs.
//
// Owns: the formulas of EIP-150's sha256 and ripemd160, EIP-1108, EIP-152, EIP-7883, EIP-4844 and EIP-2537. Does not own:
// running them (EthereumJS), their surcharge factors (surcharge.ts).
// Invariant: equals what the precompile charges whenever it succeeds (tested against EthereumJS).
import { toBigInt } from './bytes.ts';

// EIP-2537: discount per mille for k = 1, 2, ... pairs; the last holds for all larger k.
const G1_DISCOUNTS = [
  1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665, 661, 658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627,
  625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604, 603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576,
  575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545, 544,
  543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531, 530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
];
const G2_DISCOUNTS = [
  1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699, 693, 688, 683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646,
  643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582,
  580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548, 547,
  546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535, 534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
];

const words = (length: number): bigint => BigInt(Math.ceil(length / 32));

function multiScalar(pairs: number, gasPerPair: bigint, discounts: readonly number[]): bigint {
  if (pairs === 0) return 0n;
  const discount = discounts[Math.min(pairs, discounts.length) - 1]!;
  return (BigInt(pairs) * gasPerPair * BigInt(discount)) / 1000n;
}

/** A word of `data` that may reach past its end, where zeros are read. */
function wordAt(data: Uint8Array, start: number, length: number): bigint {
  if (start >= data.length) return 0n;
  const present = data.subarray(start, Math.min(start + length, data.length));
  return toBigInt(present) << BigInt(8 * (length - present.length));
}

/** EIP-7883. */
function modexpGas(data: Uint8Array): bigint {
  const [baseLength, exponentLength, modulusLength] = [wordAt(data, 0, 32), wordAt(data, 32, 32), wordAt(data, 64, 32)];
  const longest = baseLength > modulusLength ? baseLength : modulusLength;
  const unitWords = (longest + 7n) / 8n;
  const complexity = longest <= 32n ? 16n : 2n * unitWords * unitWords;
  const headLength = exponentLength < 32n ? Number(exponentLength) : 32;
  const exponentStart = 96n + baseLength;
  const head = exponentStart >= BigInt(data.length) ? 0n : wordAt(data, Number(exponentStart), headLength);
  const headBits = head === 0n ? 0n : BigInt(head.toString(2).length - 1);
  const iterations = (exponentLength > 32n ? 16n * (exponentLength - 32n) : 0n) + headBits;
  const gas = complexity * (iterations > 1n ? iterations : 1n);
  return gas > 500n ? gas : 500n;
}

/** Gas the precompile at address `number` charges for `data`, whether or not the input turns out valid. */
export function precompileGas(number: number, data: Uint8Array): bigint {
  switch (number) {
    case 0x01: return 3000n;
    case 0x02: return 60n + 12n * words(data.length);
    case 0x03: return 600n + 120n * words(data.length);
    case 0x04: return 15n + 3n * words(data.length);
    case 0x05: return modexpGas(data);
    case 0x06: return 150n;
    case 0x07: return 6000n;
    case 0x08: return 45_000n + 34_000n * BigInt(Math.floor(data.length / 192));
    // One gas a round; an input of another length fails and charges its frame, not a known amount.
    case 0x09: return data.length === 213 ? toBigInt(data.subarray(0, 4)) : 0n;
    case 0x0a: return 50_000n;
    case 0x0b: return 375n;
    case 0x0c: return multiScalar(Math.floor(data.length / 160), 12_000n, G1_DISCOUNTS);
    case 0x0d: return 600n;
    case 0x0e: return multiScalar(Math.floor(data.length / 288), 22_500n, G2_DISCOUNTS);
    case 0x0f: return 37_700n + 32_600n * BigInt(Math.floor(data.length / 384));
    case 0x10: return 5500n;
    case 0x11: return 23_800n;
    case 0x100: return 6900n;
    default: throw new RangeError(`expected the number of a precompile, got ${number}`);
  }
}
