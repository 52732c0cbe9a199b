// The screens of the dashboard: each is loaded when it is first shown.
import type { Component } from 'svelte';
import type { Params } from '../lib/router.svelte';

export interface Route {
  pattern: string;
  load: () => Promise<{ default: Component<{ params: Params }> }>;
}

// A screen that needs no parameters takes none.
const plain = (load: () => Promise<{ default: Component }>): Route['load'] => load as Route['load'];

export const ROUTES: Route[] = [
  { pattern: '/', load: plain(() => import('./screens/Overview.svelte')) },
  { pattern: '/services', load: plain(() => import('./screens/Services.svelte')) },
];
