// The document around the page: language, title, styles, and the configuration script that lies beside the export.

import type { ReactNode } from 'react';
import '../styles/all.css';

export const metadata = { title: 'Keyfall', description: 'What protects your money on Keyfall, read from the chain', referrer: 'no-referrer' as const };

/** Inline, so that the page asks for nothing outside its folder. */
const ICON = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#0b5a55" stroke-width="2.4" stroke-linecap="round"><circle cx="8" cy="7" r="4.2"/><path d="M8 11.5V21m0-3.6h4.2M16 4v6m0 3v3m0 3v2"/></svg>')}`;

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head><link rel="icon" href={ICON} /><script src="./keyfall.config.js" /></head>
      <body>{children}</body>
    </html>
  );
}
