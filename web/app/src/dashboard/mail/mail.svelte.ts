// What the screens of mail administration share: the domains with their room, and the mailboxes, loaded once.
import { ask } from '../../lib/api/client';
import { atLeast } from '../../lib/api/place';
import { Rows } from '../../lib/api/rows.svelte';
import { services, type Service } from '../services';
import { MailDomains, MailboxNow, MailboxRows, type MailboxRowsResult, type MailDomainsResult } from '../../generated/api';

export type MailDomain = MailDomainsResult['domains']['nodes'][number];
export type MailboxRow = MailboxRowsResult['mailboxes']['nodes'][number];

/** The lists of one account. */
export class Mail {
  readonly domains: Rows<MailDomain>;
  readonly mailboxes: Rows<MailboxRow>;

  /** The Boxes that are cancelled and whose mail is still kept; none for those who may not see Boxes. */
  ended = $state.raw<Service[]>([]);

  constructor(readonly account: string) {
    this.domains = new Rows(async (after) => (await ask(MailDomains, { accountId: account, after, atLeast: atLeast(account) })).domains);
    // What is cancelled is known before its mailboxes are shown.
    this.mailboxes = new Rows(async (after) => {
      const [{ mailboxes }] = await Promise.all([ask(MailboxRows, { accountId: account, after, atLeast: atLeast(account) }), after === null ? this.#learnEnded() : undefined]);
      return mailboxes;
    });
  }

  /** Nothing is lost where that is not answered: the server refuses what is not to be done. */
  async #learnEnded(): Promise<void> {
    const found = await services(this.account).catch(() => []);
    this.ended = found.filter((service) => service.entitlement === 'ENDED');
  }

  /** The cancelled Box of that id; none where it is not cancelled. */
  endedBox(id: string | null): Service | undefined {
    return this.ended.find((service) => service.id === id);
  }

  /** What a cancelled Box is called: by its first domain. */
  boxName(id: string): string {
    return (this.domains.value ?? []).find((domain) => domain.serviceId === id)?.unicodeName ?? '';
  }

  /** The domains that addresses can be made in. */
  get open(): MailDomain[] {
    return (this.domains.value ?? []).filter((domain) => domain.status === 'VERIFIED' && domain.mirrorsDomainId === null && domain.serviceId !== null && !this.endedBox(domain.serviceId));
  }

  domain(id: string | null): MailDomain | undefined {
    return (this.domains.value ?? []).find((domain) => domain.id === id);
  }

  /** The name of a domain as people write it. */
  domainName(id: string | null): string {
    return this.domain(id)?.unicodeName ?? '';
  }

  mailbox(id: string | null): MailboxRow | undefined {
    return (this.mailboxes.value ?? []).find((mailbox) => mailbox.id === id);
  }

  address(id: string | null): string {
    return this.mailbox(id)?.address ?? '';
  }

  /** One mailbox anew, in its place of the list; the domains as well, since their room has changed with it. */
  async renew(id: string): Promise<void> {
    const [{ mailbox }] = await Promise.all([ask(MailboxNow, { accountId: this.account, mailboxId: id, atLeast: atLeast(this.account) }), this.domains.reload()]);
    this.mailboxes.put(id, mailbox && mailbox.status !== 'DELETED' ? mailbox : null);
  }
}

let kept: Mail | undefined;

/** The lists of `account`: kept while the screens of one account are looked at. Each visit of a screen renews them. */
export function mail(account: string): Mail {
  if (kept?.account !== account) kept = new Mail(account);
  return kept;
}

/** The part of an address before and after its last `@`. */
export function parts(address: string): [string, string] {
  const at = address.lastIndexOf('@');
  return at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)];
}

/** A password that nobody can guess and everybody can read out: 20 letters and digits in groups, some 100 bits. */
export function madePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const random = new Uint32Array(20);
  crypto.getRandomValues(random);
  const all = [...random].map((number) => letters[number % letters.length]).join('');
  return all.match(/.{5}/g)?.join('-') ?? all;
}
