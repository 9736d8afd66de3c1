/**
 * A watchtower over a real deployment on anvil, stepped by the test instead of by a clock. Owns putting the parts together; asserts nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import pino from 'pino';
import { Delivery } from '../../watchtower/alerts/deliver.ts';
import type { Channel, Message } from '../../watchtower/alerts/channel.ts';
import { parseConfig, urlOf, type Config } from '../../watchtower/config.ts';
import { Contracts } from '../../watchtower/contracts.ts';
import { Engine } from '../../watchtower/engine.ts';
import { Endpoint } from '../../watchtower/l1/endpoint.ts';
import { Quorum } from '../../watchtower/l1/quorum.ts';
import type { Monitor } from '../../watchtower/monitor.ts';
import { MONITORS } from '../../watchtower/registry.ts';
import type { Incident, StoredVerdict } from '../../watchtower/rows.ts';
import { Store } from '../../watchtower/store.ts';
import { createView } from '../../watchtower/view.ts';
import type { Deployment } from '../contracts/deployed.ts';

export const SILENT = pino({ level: 'silent' });

export interface WatchOptions {
  readonly urls: readonly string[];
  readonly quorum: number;
  readonly deployment: Deployment;
  readonly monitors?: readonly Monitor[];
  readonly l2?: { readonly url: string; readonly chainId: number };
  readonly data?: string;
  readonly artifacts?: string;
  /** Off unless a test is about it: a trial takes seconds. */
  readonly isSimulating?: boolean;
  /** The machine's clock, which may be wrong. */
  readonly wallMilliseconds?: () => number;
}

/** The configuration text of a test's watchtower, one operator a URL. */
export function configText({ urls, quorum, deployment, l2, artifacts, isSimulating }: WatchOptions, data: string): string {
  return JSON.stringify({
    l1: { chainId: 31_337, quorum, pollMilliseconds: 50, timeoutMilliseconds: 1_500, endpoints: urls.map((url, index) => ({ url, operator: `operator${index + 1}` })) },
    deployment: { deployBlock: 0, contracts: deployment.contracts }, ...(l2 === undefined ? {} : { l2 }), ...(artifacts === undefined ? {} : { artifacts }), isSimulating: isSimulating === true, data,
    channels: [{ kind: 'webhook', name: 'hook', url: 'http://127.0.0.1:1/', secretFrom: 'HOOK_SECRET', minimum: 'info' }],
  });
}

export class Watched {
  readonly config: Config;
  readonly store: Store;
  readonly engine: Engine;
  readonly quorum: Quorum;
  readonly delivery: Delivery;
  readonly messages: Message[] = [];
  isChannelDown = false;

  constructor(t: TestContext, options: WatchOptions) {
    const data = options.data ?? mkdtempSync(join(tmpdir(), 'keyfall-watchtower-'));
    this.config = parseConfig(configText(options, data), 'test');
    const contracts = new Contracts(this.config.deployment.contracts);
    const endpoints = this.config.l1.endpoints.map((endpoint) => new Endpoint({ url: urlOf(endpoint), operator: endpoint.operator, timeoutMilliseconds: this.config.l1.timeoutMilliseconds, maxResponseBytes: 67_108_864 }));
    this.quorum = new Quorum(endpoints, options.quorum);
    this.store = new Store(data);
    const parts = { config: this.config, contracts, quorum: this.quorum, endpoints, store: this.store, memory: new Map<string, unknown>() };
    this.engine = new Engine({
      ...parts, monitors: options.monitors ?? MONITORS, logger: SILENT, channels: this.config.channels, wallMilliseconds: options.wallMilliseconds ?? Date.now,
      viewAt: (header, answers, cursor) => createView(parts, header, answers, cursor),
    });
    const channel: Channel = { name: 'hook', send: async (message) => {
      if (this.isChannelDown) throw new Error('down');
      this.messages.push(message);
    } };
    this.delivery = new Delivery(this.store, [channel], SILENT, options.wallMilliseconds ?? Date.now);
    t.after(async () => {
      await this.store.close();
      if (options.data === undefined) rmSync(data, { recursive: true, force: true });
    });
  }

  /** Steps until the head is reached, then delivers. */
  async catchUp(): Promise<void> {
    for (let result = await this.engine.step(); !result.isCaughtUp; result = await this.engine.step());
    await this.delivery.round();
  }

  verdicts(monitor?: string): readonly StoredVerdict[] {
    return this.store.list<StoredVerdict>(monitor === undefined ? ['verdict'] : ['verdict', monitor]);
  }

  incidents(monitor?: string): readonly Incident[] {
    return this.store.list<Incident>(['incident']).filter((incident) => monitor === undefined || incident.monitor === monitor);
  }
}
