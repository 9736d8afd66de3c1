// Loaded before a test file of a yielding stage: lowers the priority of its process, and so of what it will start.

import { getPriority, setPriority } from 'node:os';

const STEP = 5;
const LOWEST = 19;
setPriority(Math.min(LOWEST, getPriority() + STEP));
