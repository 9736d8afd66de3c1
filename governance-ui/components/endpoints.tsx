// What each endpoint says, chain by chain: agrees, behind, silent, dissents. Owns the matrix; the judgement is quorum.ts.
// Invariant: an endpoint that is behind or silent is never shown as one that lies.

'use client';

import type { EndpointState } from '../chain/rpc/quorum.ts';
import { group } from './format.ts';
import { useRound, useSession } from './session.tsx';
import type { ChainName } from './session.tsx';
import { Badge, Panel } from './ui.tsx';
import type { Tone } from './ui.tsx';

const TONES: Readonly<Record<EndpointState, Tone>> = { agrees: 'good', behind: 'warn', silent: 'warn', dissents: 'bad', 'wrong chain': 'bad' };

export function EndpointMatrix() {
  return <Panel title="What your endpoints say"><div className="table-scroll" role="region" aria-label="Table" tabIndex={0}><table className="stacking"><thead><tr><th scope="col">Chain</th><th scope="col">Operator</th><th scope="col">Endpoint</th><th scope="col">State</th><th scope="col" className="number">Head</th></tr></thead><tbody><EndpointRows chain="l1" /><EndpointRows chain="l2" /></tbody></table></div></Panel>;
}

function EndpointRows({ chain }: { chain: ChainName }) {
  const { [chain]: quorum } = useSession();
  const round = useRound(chain);
  const isAlone = quorum.operatorCount === 1;
  return (
    <>
      {quorum.endpoints.map(({ url, operator }) => {
        const status = round?.endpoints.find((endpoint) => endpoint.url === url);
        return (
          <tr key={`${operator} ${url}`}>
            <td>{chain.toUpperCase()}</td><td>{operator}</td><td><code className="wrap">{url}</code></td>
            <td>{status === undefined ? 'asking…' : <><Badge tone={isAlone && status.state === 'agrees' ? 'warn' : TONES[status.state]}>{isAlone && status.state === 'agrees' ? 'unverified' : status.state}</Badge>{status.why === undefined ? null : <span className="hint wrap">{status.why}</span>}</>}</td>
            <td className="number" data-name="head">{status?.head === undefined ? '–' : group(status.head)}</td>
          </tr>
        );
      })}
    </>
  );
}
