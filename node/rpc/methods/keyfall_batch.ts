// keyfall_batch: one batch as this node knows it: what it closed or derived, what L1 committed, how far it got.
import { batchJson } from '../codec/batchJson.ts';
import { indexParameter } from '../codec/parameter.ts';
import { defineMethod } from '../node.ts';

export const keyfallBatch = defineMethod({
  name: 'keyfall_batch', summary: 'A batch by index: blocks, inputs, commit and status (closed, committed or final); null if unknown.', parameters: [indexParameter('index')],
  run: (node, [index]) => batchJson(node, index),
});
