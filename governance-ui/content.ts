// Longer words of the page: the navigation, and sentences that more than one screen says. Owns wording only; no number stands here,
// because numbers come from the chain.
// Invariant: a sentence that promises something names who keeps the promise.

export interface NavEntry { readonly route: readonly string[]; readonly name: string; readonly about: string }
export interface NavGroup { readonly name: string; readonly entries: readonly NavEntry[] }

export const NAVIGATION: readonly NavGroup[] = [
  { name: 'Your money', entries: [
    { route: [], name: 'Home', about: 'What protects your money now, and how long' },
    { route: ['withdrawals'], name: 'My withdrawals', about: 'From L2 to L1: start, prove, claim' },
    { route: ['deposit'], name: 'Deposit', about: 'From L1 to L2' },
    { route: ['force'], name: 'Force a transaction', about: 'Past any sequencer' },
  ] },
  { name: 'Leaving', entries: [
    { route: ['exit'], name: 'Exit planner', about: 'Three ways out, and the latest start of each' },
    { route: ['escape'], name: 'Escape', about: 'When nobody runs the chain any more' },
  ] },
  { name: 'Power', entries: [
    { route: ['upgrades'], name: 'Upgrades', about: 'What may change, when, and what you can do first' },
    { route: ['propose'], name: 'Propose', about: 'Put an upgrade to the vote' },
    { route: ['vote'], name: 'Vote', about: 'For holders of the token: read, vote, delegate' },
    { route: ['approve'], name: 'Approve', about: 'For members of the security council' },
    { route: ['council'], name: 'Council & keys', about: 'Who holds which power' },
    { route: ['stage'], name: 'Stage', about: 'How far the keys have fallen' },
  ] },
  { name: 'Chain', entries: [
    { route: ['explorer'], name: 'Explorer', about: 'Included, committed, proven, finalized' },
    { route: ['health'], name: 'Health', about: 'For operators: lag, queue, endpoints' },
    { route: ['settings'], name: 'Settings', about: 'Your endpoints, this page' },
  ] },
];

export const TRAINING_SENTENCE = 'Finality here rests on the attesters\' word alone: no validity proof backs it. This is a training chain; nothing on it is worth anything.';
export const PROOF_SENTENCE = 'Finality rests on a validity proof, together with the attesters or after the delay.';
export const COLLUSION_SENTENCE = 'A majority of your endpoints that lies together cannot be told from here; use operators that have nothing to do with each other.';
export const SOFT_SENTENCE = 'Until its batch is committed on L1, a transaction\'s inclusion is the sequencer\'s word, and nothing is forfeited if it is broken.';
export const KEY_SENTENCE = 'Whoever holds this key can replace the Rollup and take everything that was not paid out yet, at once. No delay protects you.';
