// Which rollup this page shows. Whoever serves the page may put a deployment here (shape: env.ts); without one the page asks.
window.KEYFALL_CONFIG = undefined;
