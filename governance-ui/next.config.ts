// How the page is built: one static export that runs from any folder, with no server behind it.
// Owns Next's options only. `assetPrefix: './'` makes every asset relative, so that the same files work below `/`, below
// `/ipfs/<cid>/` and from a disk; routes are in the URL's hash for the same reason.
// Invariant: nothing of the build depends on the machine or on the time, so that two people can compare its digest.

import { dirname } from 'node:path';
import type { NextConfig } from 'next';

const config: NextConfig = {
  output: 'export',
  assetPrefix: './',
  images: { unoptimized: true },
  reactStrictMode: true,
  poweredByHeader: false,
  productionBrowserSourceMaps: false,
  generateBuildId: () => 'keyfall',
  transpilePackages: ['@keyfall/protocol'],
  // The root type check covers this folder; Next's own would bring a second compiler.
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: dirname(import.meta.dirname) },
};

export default config;
