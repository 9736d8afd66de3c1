// Ids of filters and subscriptions as arguments: the text that was given out, in any letter case.
//
// Owns: decoding. Does not own: which ids exist (filters.ts, subscriptions.ts).
// Invariant: whatever text comes is bounded in length, so that it can be used as a map key without thought.

import { invalidParams } from '../errors.ts';
import { required, shown } from './parameter.ts';

export const filterIdParameter = required('id', 'filter or subscription id', (value, path) => {
  if (typeof value !== 'string' || value.length > 66 || !/^0x[0-9a-f]+$/i.test(value)) {
    throw invalidParams(`invalid ${path}: expected an id as it was returned, got ${shown(value)}`);
  }
  return value.toLowerCase();
});
