// The only route of the export; all others are in the hash.

import { App } from '../screens/App.tsx';

export default function Page() {
  return <App />;
}
