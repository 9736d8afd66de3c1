// What a watchtower's API answered, as far as the page draws it. Owns the shape: an answer of another one is refused whole, since a part that
// cannot be drawn would end the screen. Does not own asking (components/watchtower.tsx), nor whether any of it is true: it is one server's word.

export interface Verdict { readonly monitor: string; readonly subject: string; readonly status: string; readonly sentence: string; readonly blockNumber: number; readonly lastOk?: number }
interface Incident { readonly id: string; readonly severity: string; readonly sentence: string; readonly state: string }
interface Status { readonly outbox: number; readonly log: { readonly seq: number } }
export interface Heard { readonly verdicts: readonly Verdict[]; readonly alerts: readonly Incident[]; readonly status: Status }

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const areTexts = (value: Fields, names: readonly string[]): boolean => names.every((name) => typeof value[name] === 'string');
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const isVerdict = (value: unknown): boolean => isObject(value) && areTexts(value, ['monitor', 'subject', 'status', 'sentence']) && isCount(value['blockNumber']) && (value['lastOk'] === undefined || isCount(value['lastOk']));
const isIncident = (value: unknown): boolean => isObject(value) && areTexts(value, ['id', 'severity', 'sentence', 'state']);
const isStatus = (value: unknown): boolean => isObject(value) && isCount(value['outbox']) && isObject(value['log']) && isCount(value['log']['seq']);

/** @throws Error if any part of the three answers is not what the page draws */
export function heardOf(verdicts: unknown, alerts: unknown, status: unknown): Heard {
  const isKnown = Array.isArray(verdicts) && verdicts.every(isVerdict) && Array.isArray(alerts) && alerts.every(isIncident) && isStatus(status);
  if (!isKnown) throw new Error('it answers in a form that this page does not know');
  return { verdicts, alerts, status: status as Status };
}

/** Up to which block it has judged; undefined where it has judged nothing, which is no calm. */
export const judgedUpTo = ({ verdicts }: Heard): bigint | undefined => (verdicts.length === 0 ? undefined : BigInt(Math.max(...verdicts.map(({ blockNumber }) => blockNumber))));
