// Texts of the dashboard.
import lib from '../../lib/i18n/en';
export const own = {
  'nav.main': 'Main menu', 'nav.skip': 'To the content', 'nav.overview': 'Dashboard', 'nav.services': 'Services', 'nav.domains': 'Domains', 'nav.tickets': 'Support',
  'nav.account': 'Account', 'nav.customers': 'Customers', 'nav.operations': 'Operations', 'nav.switch': 'Switch account', 'nav.mine': 'My account', 'nav.erased': '(erased)', 'nav.api': 'API',
  'nav.needsFactor': 'second factor needed', 'nav.notOpen': 'not open now',
  'acting.banner': '{who}, you are acting on behalf of {account}.', 'acting.back': 'Back to my account',
  'missing.title': 'There is no such screen', 'missing.text': 'The address may be mistyped.', 'missing.home': 'To the dashboard',
  'user.menu': 'Menu of {name}', 'user.profile': 'Account', 'user.security': 'Security', 'user.dark': 'Dark theme', 'user.light': 'Light theme', 'user.system': 'Theme of the system',
  'user.compact': 'Compact tables', 'user.roomy': 'Roomy tables', 'user.out': 'Sign out',
  'action.see': 'See why', 'action.read': 'Read',
  'overview.title': 'Dashboard', 'overview.services': 'Your Boxes', 'overview.allServices': 'All services',
  'overview.unproved': '{domain} takes no mail yet', 'overview.unprovedText': 'Its ownership is not proved: a TXT record is missing.', 'overview.prove': 'Prove it',
  'overview.answered': 'The support has answered: {subject}', 'overview.noFactor': 'Your account is protected by a password alone', 'overview.noFactorText': 'A second factor keeps others out even if they learn it.', 'overview.addFactor': 'Add one',
  'service.stopped.RESTRICTED': '{name} sends no mail', 'service.stopped.SUSPENDED': '{name} is suspended',
  'suspension.NONE': 'The service is restricted.', 'suspension.NON_PAYMENT': 'Because of an unpaid amount. Nothing is deleted; mail still arrives.', 'suspension.ABUSE': 'Because of abuse. Ask the support.', 'suspension.LEGAL': 'For legal reasons. Ask the support.', 'suspension.SECURITY': 'For the security of your mail. Ask the support.',
  'services.title': 'Services', 'services.lead': 'The Boxes that you rent, with what they hold.', 'services.name': 'Service', 'services.plan': 'Plan', 'services.state': 'State', 'services.since': 'Since',
  'services.none': 'No Box yet', 'services.noneText': 'A Box holds your domains and mailboxes. Once one is ordered it appears here.',
  'entitlement.ORDERED': 'Pending', 'entitlement.ACTIVE': 'Active', 'entitlement.RESTRICTED': 'Restricted', 'entitlement.SUSPENDED': 'Suspended', 'entitlement.ENDED': 'Ended',
  'limit.storage': 'Storage', 'limit.mailboxes': 'Mailboxes',
};
export default { ...lib, ...own };
