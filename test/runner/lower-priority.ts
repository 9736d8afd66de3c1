// Loaded before a test file of a yielding stage: lowers the priority of its process, and so of what it will start.

import { getPriority, setPriority } from 'node:os';
import { LOWEST_PRIORITY, PRIORITY_STEP } from './priority.ts';

setPriority(Math.min(LOWEST_PRIORITY, getPriority() + PRIORITY_STEP));
