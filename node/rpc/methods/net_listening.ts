// net_listening: true, because a node that answers is listening. There is no peer-to-peer network to listen on.
import { defineMethod } from '../node.ts';

export const netListening = defineMethod({ name: 'net_listening', summary: 'Always true.', parameters: [], run: () => true });
