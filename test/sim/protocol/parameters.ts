/**
 * Numbers of the model, from the same constants as the contracts; the ones below that L1 does not know yet are those of 03's tables.
 */
import {
  DISPUTE_LENGTH_SECONDS, ENFORCED_TRIGGER_SECONDS, FORCED_INCLUSION_DELAY_SECONDS, MAX_BATCH_MESSAGE_ZKGAS, MAX_ENABLED_LANES, MAX_MESSAGE_ZKGAS,
  PAUSE_LENGTH_SECONDS, PROOF_DEADLINE_SECONDS, SPEC_NOTICE_SECONDS, ZK_ALONE_DELAY_SECONDS,
} from '@keyfall/protocol';

export const HOUR = 3_600;
export const DAY = 24 * HOUR;

export const F = Number(FORCED_INCLUSION_DELAY_SECONDS);
export const V = Number(PROOF_DEADLINE_SECONDS);
export const Z = Number(ZK_ALONE_DELAY_SECONDS);
export const E = Number(ENFORCED_TRIGGER_SECONDS);
export const D = Number(DISPUTE_LENGTH_SECONDS);
export const PAUSE = Number(PAUSE_LENGTH_SECONDS);
export const BATCH_CAP = Number(MAX_BATCH_MESSAGE_ZKGAS);
export const MESSAGE_CAP = Number(MAX_MESSAGE_ZKGAS);

export const PAUSE_INTERVAL = 90 * DAY;
export const FIRST_SKIP_WAIT = 5 * DAY;
export const NEXT_SKIP_WAIT = 1 * DAY;
export const SKIP_NOTICE = 12 * HOUR;
export const RETURN_WAIT = 1 * DAY;
export const RETURN_AFTER_SKIP = 14 * DAY;
export const FREEZE_AFTER = 30 * DAY;
export const NULLIFIED_PENALTY = 30 * DAY;
export const SPEC_NOTICE = Number(SPEC_NOTICE_SECONDS);
export const MOST_LANES = Number(MAX_ENABLED_LANES);
