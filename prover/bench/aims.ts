// The aims of the design with the figures of this run: what is met, what is missed, what this run did not measure.
// Owns: the aims and their verdicts. Does not own: the figures (sibling files) or printing (main.ts).
// Invariant: an aim without a figure is "not measured", never met.

/** `least`: the figure must reach it; otherwise it must stay below it. */
export type Aim = { readonly name: string; readonly unit: string; readonly aim: number; readonly isLeast: boolean; readonly value: number | undefined };

export const atLeast = (name: string, unit: string, aim: number, value: number | undefined): Aim => ({ name, unit, aim, isLeast: true, value });
export const atMost = (name: string, unit: string, aim: number, value: number | undefined): Aim => ({ name, unit, aim, isLeast: false, value });

/** One line: figure, aim, verdict. */
export function aimLine({ name, unit, aim, isLeast, value }: Aim): string {
  const asked = `aim ${isLeast ? ">=" : "<="} ${aim}`;
  const figure = value === undefined ? "-" : value.toFixed(value >= 1000 ? 0 : 2);
  const verdict = value === undefined ? "not measured" : (isLeast ? value >= aim : value <= aim) ? "met" : "MISSED";
  return `  ${name.padEnd(52)} ${figure.padStart(10)} ${unit.padEnd(22)} ${asked.padEnd(16)} ${verdict}`;
}
