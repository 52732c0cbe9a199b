// The dashboard: what the customer, the reseller and the operator see of accounts and services.
import { mount } from 'svelte';
import '../lib/tokens.css';
import '../lib/ui/base.css';
import { session } from '../lib/api/session.svelte';
import { boot } from '../lib/boot';
import { showTimesIn } from '../lib/format';
import { speak } from '../lib/i18n/messages';
import { wear } from '../lib/preference';
import { listen } from '../lib/router.svelte';
import App from './App.svelte';

const texts = boot.language === 'fr' ? import('./messages/fr') : import('./messages/en');
wear();
showTimesIn(boot.timeZone);
listen('/dashboard');
session.listen();
void texts.then((part) => {
  speak(boot.language, part.default);
  const target = document.getElementById('app');
  if (target) mount(App, { target });
});
