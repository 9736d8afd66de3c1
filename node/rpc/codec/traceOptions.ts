// The options object of debug_trace*: struct logger, callTracer and prestateTracer, as geth names them.
//
// Owns: strict decoding and the cap on time. Does not own: tracing and the cap on a trace's size (node/execute).
// Invariant: a tracer or option this node does not have is refused by name, never replaced by another one.

import type { BlockOverrides, TraceOptions } from '../../execute/api.ts';
import { invalidParams } from '../errors.ts';
import { decodeBlockOverrides, decodeStateOverrides } from './overrides.ts';
import type { StateOverrides } from './overrides.ts';
import { decodeBoolean, decodeObject, member, onlyMembers, optional, required, shown } from './parameter.ts';
import type { Parameter } from './parameter.ts';

/** Decoded options; `timeoutMilliseconds` is the client's wish, clipped by the caller's limit. */
export interface TraceRequest {
  options: TraceOptions;
  timeoutMilliseconds: number | undefined;
  stateOverrides: StateOverrides | undefined;
  blockOverrides: BlockOverrides | undefined;
}

const KNOWN = [
  'tracer', 'tracerConfig', 'enableMemory', 'disableMemory', 'disableStack', 'disableStorage', 'enableReturnData', 'disableReturnData',
  'limit', 'timeout', 'reexec', 'debug', 'stateOverrides', 'blockOverrides',
];
const CONFIG_KNOWN = ['onlyTopCall', 'withLog', 'diffMode', 'disableCode', 'disableStorage'];

function decodeTracer(value: unknown, path: string): 'callTracer' | 'prestateTracer' | 'struct' {
  if (value === 'callTracer' || value === 'prestateTracer') return value;
  if (value === '' || value === 'structLogger') return 'struct';
  throw invalidParams(`invalid ${path}: expected callTracer, prestateTracer or none (struct logger), got ${shown(value)}`);
}

/** A Go duration of one unit: `500ms`, `5s`, `1m`. */
function decodeTimeout(value: unknown, path: string): number {
  const match = typeof value === 'string' ? /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/.exec(value) : null;
  if (match === null) throw invalidParams(`invalid ${path}: expected a duration such as "5s", got ${shown(value)}`);
  const unit = match[2] === 'ms' ? 1 : match[2] === 's' ? 1_000 : 60_000;
  return Number(match[1]) * unit;
}

function decodeCount(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw invalidParams(`invalid ${path}: expected a count, got ${shown(value)}`);
  return value;
}

/** The trace options of geth's TraceConfig and TraceCallConfig. */
export function decodeTraceRequest(value: unknown, path: string): TraceRequest {
  const object = decodeObject(value, path);
  onlyMembers(object, KNOWN, path);
  const config = member(object, 'tracerConfig', path, decodeObject) ?? {};
  onlyMembers(config, CONFIG_KNOWN, `${path}.tracerConfig`);
  const flag = (key: string): boolean | undefined => member(object, key, path, decodeBoolean);
  const configFlag = (key: string): boolean | undefined => member(config, key, `${path}.tracerConfig`, decodeBoolean);
  const limit = member(object, 'limit', path, decodeCount);
  const entries: [keyof TraceOptions, string | boolean | number | undefined][] = [
    ['tracer', member(object, 'tracer', path, decodeTracer)],
    ['enableMemory', flag('enableMemory')], ['disableStack', flag('disableStack')], ['disableStorage', flag('disableStorage')],
    ['enableReturnData', flag('enableReturnData')], ['limit', limit === 0 ? undefined : limit],
    ['onlyTopCall', configFlag('onlyTopCall')], ['withLog', configFlag('withLog')], ['diffMode', configFlag('diffMode')],
    ['disableCode', configFlag('disableCode')], ['disableStorageValues', configFlag('disableStorage')],
  ];
  return {
    options: Object.fromEntries(entries.filter(([, option]) => option !== undefined)) as TraceOptions,
    timeoutMilliseconds: member(object, 'timeout', path, decodeTimeout),
    stateOverrides: member(object, 'stateOverrides', path, decodeStateOverrides),
    blockOverrides: member(object, 'blockOverrides', path, decodeBlockOverrides),
  };
}

const NONE: TraceRequest = { options: {}, timeoutMilliseconds: undefined, stateOverrides: undefined, blockOverrides: undefined };
export const traceParameter: Parameter<TraceRequest> = optional(required('options', 'trace options object', decodeTraceRequest), NONE);

/** The wall-clock cap: the client's wish or the server's limit, whichever is shorter. */
export function boundedTime(request: TraceRequest, limitMilliseconds: number): number {
  return Math.min(request.timeoutMilliseconds ?? limitMilliseconds, limitMilliseconds);
}
