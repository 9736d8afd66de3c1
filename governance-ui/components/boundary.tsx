// What stands in place of a screen that could not be drawn. Owns catching it: everything around the screen (shell, guard, other routes) stays,
// and nothing that could not be drawn is shown in part.
// React knows boundaries as classes only.

'use client';

import { Component } from 'react';
import type { ReactNode } from 'react';
import { reasonOf } from '../chain/reading.ts';
import { RouteLink } from './router.tsx';
import { Button, Notice } from './ui.tsx';

interface State { readonly why: string | undefined }

export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { why: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { why: reasonOf(error) };
  }

  override render(): ReactNode {
    const { why } = this.state;
    if (why === undefined) return this.props.children;
    return (
      <Notice tone="bad" title="This screen could not be drawn: whether what it shows holds is unknown">
        <p>Something that an endpoint, a file or a link gave cannot be shown: {why}. What was sent before stands on its chain. Another endpoint (Settings) may help; the command line does not need this page.</p>
        <div className="actions"><Button onClick={() => this.setState({ why: undefined })}>Try again</Button> <RouteLink to={[]}>Home</RouteLink> <RouteLink to={['settings']}>Settings</RouteLink></div>
      </Notice>
    );
  }
}
