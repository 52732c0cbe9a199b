// What the server tells with the page: who is signed in, and in which language.
export interface Grant {
  scope: string[];
  permissions: string[];
}

export interface Viewer {
  accountId: string;
  userId: string | null;
  mailboxId: string | null;
  sessionId: string | null;
  demand: 'PASSWORD_CHANGE' | 'SECOND_FACTOR' | 'EXPORT_ONLY' | null;
  /** When the demo begins anew, where it is one that everybody may try. */
  demoResetsAt: string | null;
  grants: Grant[];
  /** What the owner of the account keeps from an administrator of its domains. */
  withheld: string[];
}

/** Another's account that is open to whoever is signed in, by a delegation. */
export interface Access {
  id: string;
  accountId: string;
  accountName: string | null;
  isOpen: boolean;
  needsSecondFactor: boolean;
}

export interface Boot {
  viewer: Viewer;
  /** Whoever is signed in, as the head of the page names them. */
  me: { login: string; name: string };
  accesses: Access[];
  /** The account that the page was asked for, where it is another's; no name: they may not know it. */
  actedFor: { accountId: string; name: string | null } | null;
  language: 'en' | 'fr';
  /** Where times are shown as they are; null: here. */
  timeZone: string | null;
  /** How long what was deleted can be brought back. */
  retentionDays: number;
  version: string;
  hostname: string;
  servers: { name: string; port: number }[];
  /** The mail servers as clients reach them, the best first. */
  offer: { host: string; servers: { service: 'IMAP' | 'SUBMISSION'; socket: 'TLS' | 'STARTTLS'; port: number }[]; dav: string | null };
  entries: string[];
}

export const boot: Boot = JSON.parse(document.getElementById('boot')?.textContent ?? 'null');

/** Whether the platform's own staff is signed in. */
export const isOperator = boot.viewer.grants.some((grant) => grant.scope.includes('PLATFORM'));
/** Whether somebody with customers of their own is signed in. */
export const isReseller = boot.viewer.grants.some((grant) => grant.scope.includes('ACCOUNTS_BELOW'));

/** What the server judges in the end, said beforehand: whether it is worth offering. */
export function may(permission: string, account: string): boolean {
  return boot.viewer.grants.some((grant) => {
    if (!grant.permissions.includes(permission)) return false;
    if (grant.scope.includes(account) || grant.scope.includes('PLATFORM')) return true;
    // Services, domains and accounts below are named without their account: the server tells them apart.
    return grant.scope.some((name) => !name.startsWith('acct_'));
  });
}

/** The same for what belongs to an account as a whole, whatever of its services or domains somebody looks after. */
export function mayWhole(permission: string, account: string): boolean {
  return boot.viewer.grants.some((grant) => grant.permissions.includes(permission) && (grant.scope.includes(account) || grant.scope.includes('PLATFORM') || grant.scope.includes('ACCOUNTS_BELOW')));
}

/** Whether anything of an account is open to whoever is signed in. */
export function reaches(account: string): boolean {
  return boot.viewer.grants.some((grant) => grant.scope.includes(account) || grant.scope.includes('PLATFORM') || grant.scope.some((name) => !name.startsWith('acct_')));
}
