// Asks the API. Cookies are the credential; the header says that a page of ours asks (the server demands it).
import type { Operation } from '../../generated/api';
import { boot } from '../boot';
import { language } from '../i18n/messages';
import { session } from './session.svelte';

/** One reason why a mutation was refused, at the field that it is about. */
export interface UserError {
  code: string;
  field: string | null;
  message: string;
}

export type Failure = 'offline' | 'over' | 'forbidden' | 'visiting' | 'missing' | 'busy' | 'failed';

/** Why there is no answer. */
export class ApiError extends Error {
  constructor(readonly kind: Failure, message: string, readonly retryAfterSeconds = 0, readonly correlation = '') {
    super(message);
  }
}

const TIME_MAX_MS = 30_000;
const KINDS: Record<string, Failure> = {
  UNAUTHENTICATED: 'over', FORBIDDEN: 'forbidden', NOT_FOUND: 'missing', BUSY: 'busy', STALE: 'busy', THROTTLED: 'busy',
  VISITING: 'visiting', WITHHELD: 'visiting', SECOND_FACTOR_REQUIRED: 'forbidden', PASSWORD_CHANGE_REQUIRED: 'over',
};

interface Reply<R> {
  data: R | null;
  errors?: { message: string; extensions?: { code?: string; retryAfterSeconds?: number; correlationId?: string } }[];
}

/** What went last under an intention's name; no content once it was answered. */
interface Try { content: string; commandId: string }
/** Most intentions that are remembered: those of as many rows as a browser holds. Beyond, the oldest are forgotten. */
const INTENTION_COUNT_MAX = 20_000;
const tries = new Map<string, Try>();

/**
 * The variables as they go to the server. A form names its intention; what is sent again after a lost answer is the same
 * command only where it is the same content: the server takes another content under a name that it knows as a repeat, does
 * nothing and says that it is done.
 */
function named<V extends Record<string, unknown>>(operation: string, variables: V): V {
  const { commandId: intention, ...rest } = variables;
  if (typeof intention !== 'string') return variables;
  const content = JSON.stringify([operation, rest]);
  const last = tries.get(intention);
  const commandId = !last ? intention : last.content === content ? last.commandId : newCommandId();
  tries.delete(intention);
  tries.set(intention, { content, commandId });
  for (const oldest of tries.keys()) {
    if (tries.size <= INTENTION_COUNT_MAX) break;
    tries.delete(oldest);
  }
  return { ...variables, commandId };
}

/** The answer is there: whatever is sent from now on, the same as well, is a command of its own. */
function answered(intention: unknown): void {
  const last = typeof intention === 'string' ? tries.get(intention) : undefined;
  if (last) last.content = '';
}

/** The answer to `operation`, or an ApiError. */
export async function ask<R, V extends Record<string, unknown>>(operation: Operation<R, V>, variables: V): Promise<R> {
  let response: Response;
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-language': language(), 'x-hosterra-session': '1' },
      body: JSON.stringify({ query: operation.text, operationName: operation.name, variables: named(operation.name, variables) }),
      signal: AbortSignal.timeout(TIME_MAX_MS),
    });
  } catch {
    throw new ApiError('offline', '');
  }
  if (response.status === 429 || response.status === 503) {
    throw new ApiError('busy', '', Number(response.headers.get('retry-after') ?? 0));
  }
  if (!response.ok) throw new ApiError('failed', `HTTP ${response.status}`, 0, response.headers.get('x-correlation-id') ?? '');
  const reply = (await response.json()) as Reply<R>;
  const error = reply.errors?.[0];
  if (error) {
    const kind = KINDS[error.extensions?.code ?? ''] ?? 'failed';
    if (kind === 'over' && (await signInAgain())) return ask(operation, variables);
    throw new ApiError(kind, error.message, error.extensions?.retryAfterSeconds, error.extensions?.correlationId);
  }
  if (reply.data === null) throw new ApiError('missing', '');
  answered(variables.commandId);
  return reply.data;
}

let isLeaving = false;

/**
 * The session is over: the sign-in page leads back here, or, where something is typed, they sign in beside it and true comes
 * back: then what was asked is asked again. Of several answers that say so the first counts. What stood in a demo that has
 * begun anew is not there any more: then it leads to the beginning.
 */
export async function signInAgain(): Promise<boolean> {
  if (isLeaving) return false;
  const { demoResetsAt } = boot.viewer;
  const isReset = demoResetsAt !== null && Date.parse(demoResetsAt) <= Date.now();
  if (!isReset && session.holdsInput) return session.wait();
  isLeaving = true;
  const here = encodeURIComponent(location.pathname + location.search);
  location.assign(isReset ? '/login?told=reset' : `/login?told=over&next=${here}`);
  return false;
}

/** A name for an intention: the same content sent again under it after a lost connection is done once. */
export function newCommandId(): string {
  return crypto.randomUUID();
}

/** Gives a file to a place of ours; why it is not taken, empty where it is. */
export async function giveFile(path: string, file: File): Promise<string> {
  let response: Response;
  try {
    const headers = { 'content-type': 'application/octet-stream', 'accept-language': language(), 'x-hosterra-session': '1' };
    response = await fetch(path, { method: 'POST', headers, body: file, signal: AbortSignal.timeout(4 * TIME_MAX_MS) });
  } catch {
    throw new ApiError('offline', '');
  }
  if (response.status === 401 && (await signInAgain())) return giveFile(path, file);
  if (response.status === 422) return ((await response.json()) as UserError).message;
  if (!response.ok) throw new ApiError(response.status === 503 ? 'busy' : response.status === 404 ? 'missing' : 'failed', '');
  return '';
}

/** A file of ours that only those who may see it get. */
export async function fetchFile(path: string): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { 'accept-language': language(), 'x-hosterra-session': '1' }, signal: AbortSignal.timeout(TIME_MAX_MS) });
  } catch {
    throw new ApiError('offline', '');
  }
  if (response.status === 401 && (await signInAgain())) return fetchFile(path);
  if (!response.ok) throw new ApiError(response.status === 404 ? 'missing' : response.status === 429 ? 'busy' : response.status === 401 ? 'over' : 'failed', '');
  return response.blob();
}
