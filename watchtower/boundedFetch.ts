// JSON from a machine that nobody here runs. Owns the bounds: size, time, no redirect, and that no URL (which may be a secret) is in what is thrown.

const TIMEOUT_MILLISECONDS = 5_000;
const MOST_BYTES = 4_194_304;

/** @throws Error that says what was expected and what came */
export async function boundedJson(url: string): Promise<unknown> {
  const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
  const response = await fetch(url, { redirect: 'error', signal }).catch((cause: unknown) => { throw new Error(signal.aborted ? `no answer within ${TIMEOUT_MILLISECONDS} ms` : 'it cannot be reached, or sends elsewhere', { cause }); });
  if (!response.ok) throw new Error(`expected HTTP 200, got ${response.status}`);
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > MOST_BYTES) break;
    }
  } catch (cause) {
    throw new Error('its answer broke off', { cause });
  }
  if (text.length > MOST_BYTES) throw new Error(`expected at most ${MOST_BYTES} bytes, got more`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`expected JSON, got ${text.length} characters that are not`, { cause });
  }
}
