// How far what has no deadline gives way to what has one. On Linux a step of 5 leaves about a third of the share.

export const PRIORITY_STEP = 5;
export const LOWEST_PRIORITY = 19;
