// The list of what was signed against this page's word, in Settings: when, what, why words were typed, and the digest to find it again.
// Owns the drawing, the export and the way to forget it. Invariant: an empty list and one that cannot be read are told apart.

'use client';

import { useState } from 'react';
import { overridesText } from './overrideFile.ts';
import { forgetOverrides, useOverrides } from './overrides.ts';
import { Badge, Button, HexText, Notice, Panel } from './ui.tsx';

export function OverrideLog() {
  const entries = useOverrides();
  const [isAsking, setAsking] = useState(false);
  return (
    <Panel title="Signed here against this page's word">
      <p className="quiet">Whatever needed typed words is written down before the wallet is asked. It is kept in this browser alone and sent to nobody.</p>
      {entries === undefined ? <Notice tone="warn" title="Unknown">This browser keeps nothing for this page, or what it kept cannot be read.</Notice> : entries.length === 0 ? <p>Nothing so far.</p> : (
        <>
          <div className="table-scroll" role="region" aria-label="Signed against this page's word" tabIndex={0}><table className="stacking">
            <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Why words were typed</th><th scope="col">By</th><th scope="col">Digest</th></tr></thead>
            <tbody>{entries.toReversed().map(({ time, what, why, kind, account, digest, chainId, typed }, index) => (
              <tr key={`${time} ${digest} ${index}`}>
                <td><time dateTime={time}>{time.slice(0, 19).replace('T', ' ')} UTC</time></td>
                <td className="wrap">{what}<span className="hint">{kind}, chain {chainId}</span></td>
                <td className="wrap"><Badge tone="warn">{typed}</Badge><span className="hint">{why}</span></td>
                <td>{account === undefined ? 'unknown' : <HexText value={account} />}</td>
                <td><HexText value={digest} /></td>
              </tr>
            ))}</tbody>
          </table></div>
          <div className="actions">
            <a className="button" download="keyfall-overrides.json" href={`data:application/json,${encodeURIComponent(overridesText(entries))}`}>Export</a>
            {isAsking ? <><Button kind="danger" onClick={() => {
              forgetOverrides();
              setAsking(false);
            }}>Forget all of them</Button><Button onClick={() => setAsking(false)}>Keep them</Button></> : <Button onClick={() => setAsking(true)}>Forget…</Button>}
          </div>
        </>
      )}
    </Panel>
  );
}

/** Beside the button of an act that needed typed words. */
export function Unrecorded({ is }: { is: boolean }) {
  return is ? <Notice tone="warn" title="It was not written down">This browser keeps nothing for this page: no list of it says that you signed this.</Notice> : null;
}
