// The dashboard: what the customer, the reseller and the operator see of accounts and services.
import { mount } from 'svelte';
import '../lib/tokens.css';
import '../lib/ui/base.css';
import { session } from '../lib/api/session.svelte';
import { boot } from '../lib/boot';
import { showTimesIn } from '../lib/format';
import { speak } from '../lib/i18n/messages';
import { preference, wear } from '../lib/preference';
import { listen } from '../lib/router.svelte';
import App from './App.svelte';

const texts = boot.language === 'fr' ? import('./messages/fr') : import('./messages/en');
wear();
// A login's choice is kept at the server, a mailbox's in this browser: each counts where it was made.
showTimesIn(boot.viewer.userId ? boot.timeZone : preference('zone'));
listen('/dashboard');
session.listen();
void texts.then((part) => {
  speak(boot.language, part.default);
  const target = document.getElementById('app');
  if (target) mount(App, { target });
});
