// What a hostile client may cost. Owns the limits and the short memory of answers: whoever asks a thousand times a second makes this process work twice.
// Invariant: no answer is older than its age; a failed one is not remembered.

const ANSWER_AGE_MILLISECONDS = 500;
const MOST_ANSWERS = 64;
const MOST_CONNECTIONS = 256;
/** A note of 500 characters, each escaped as six bytes, and its frame. */
const BODY_BYTES = 4_096;

export const SERVER_OPTIONS = {
  logger: false as const, bodyLimit: BODY_BYTES, requestTimeout: 10_000, connectionTimeout: 30_000, keepAliveTimeout: 5_000, forceCloseConnections: true, http: { maxHeaderSize: 8_192, headersTimeout: 10_000 },
};

/** Connections above the limit are closed by Node as they come. */
export function limitConnections(server: { maxConnections: number }): void {
  server.maxConnections = MOST_CONNECTIONS;
}

export class Answers {
  readonly #kept = new Map<string, { readonly at: number; readonly body: Promise<Buffer> }>();

  /** The body under a key, made anew when it is too old; those that ask meanwhile share it. */
  async of(key: string, make: () => Promise<string> | string): Promise<Buffer> {
    const found = this.#kept.get(key);
    if (found !== undefined && performance.now() - found.at < ANSWER_AGE_MILLISECONDS) return found.body;
    const body = Promise.resolve().then(make).then((text) => Buffer.from(text, 'utf8'));
    this.#kept.delete(key);
    this.#kept.set(key, { at: performance.now(), body });
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= MOST_ANSWERS) break;
      this.#kept.delete(old);
    }
    try {
      return await body;
    } catch (cause) {
      if (this.#kept.get(key)?.body === body) this.#kept.delete(key);
      throw cause;
    }
  }
}

/** A whole number of at most 12 digits; anything else is `otherwise`. */
export function natural(text: unknown, otherwise: number): number {
  return typeof text === 'string' && /^\d{1,12}$/.test(text) ? Number(text) : otherwise;
}
