// The parameters of a sync job: their ranges and defaults, and the form's words turned into what the API takes.
import type { MailboxSyncJobsResult, SyncEncryption, SyncJobInput } from '../../generated/api';

export type Job = MailboxSyncJobsResult['syncJobs']['nodes'][number];

/** Smallest and largest value of each number. */
export const RANGES = {
  port: [1, 65_535], intervalMinutes: [1, 43_800], ageDaysMax: [0, 32_000], bytesPerSecondMax: [0, 125_000_000], remoteTimeoutSeconds: [1, 32_000], localTimeoutSeconds: [1, 32_000],
} as const;
export type NumberField = keyof typeof RANGES;

export const SWITCHES = ['deletesDuplicates', 'deletesAtSource', 'deletesAtTarget', 'mapsFolders', 'skipsCrossDuplicates', 'subscribesAll', 'isDry', 'isActive'] as const;
export type Switch = (typeof SWITCHES)[number];

/** The port that an encryption usually has. */
export const PORTS: Record<SyncEncryption, string> = { SSL: '993', TLS: '143', PLAIN: '143' };

export interface Draft {
  host: string;
  user: string;
  password: string;
  encryption: SyncEncryption;
  numbers: Record<NumberField, string>;
  subfolder: string;
  exclude: string;
  parameters: string;
  switches: Record<Switch, boolean>;
}

/** What the form begins with: the job as it is, or what a new one is by default. */
export function draft(job: Job | undefined): Draft {
  const text = (field: NumberField, otherwise: number) => String(job?.[field] ?? otherwise);
  return {
    host: job?.host ?? '', user: job?.user ?? '', password: '', encryption: job?.encryption ?? 'SSL',
    numbers: {
      port: job ? String(job.port) : PORTS.SSL, intervalMinutes: text('intervalMinutes', 20), ageDaysMax: text('ageDaysMax', 0),
      bytesPerSecondMax: text('bytesPerSecondMax', 0), remoteTimeoutSeconds: text('remoteTimeoutSeconds', 600), localTimeoutSeconds: text('localTimeoutSeconds', 600),
    },
    subfolder: job?.subfolder ?? '', exclude: job?.exclude ?? '(?i)spam|(?i)junk', parameters: job?.parameters.join(' ') ?? '',
    switches: {
      deletesDuplicates: job?.deletesDuplicates ?? true, deletesAtSource: job?.deletesAtSource ?? false, deletesAtTarget: job?.deletesAtTarget ?? false,
      mapsFolders: job?.mapsFolders ?? true, skipsCrossDuplicates: job?.skipsCrossDuplicates ?? false, subscribesAll: job?.subscribesAll ?? true,
      isDry: job?.isDry ?? false, isActive: job?.isActive ?? true,
    },
  };
}

/** Numbers that are none, or out of their range. */
export function outOfRange(numbers: Record<NumberField, string>): NumberField[] {
  return (Object.keys(RANGES) as NumberField[]).filter((field) => {
    const value = Number(numbers[field]);
    return numbers[field].trim() === '' || !Number.isInteger(value) || value < RANGES[field][0] || value > RANGES[field][1];
  });
}

/** Whether the password must be given again: it is only ever sent where it was given for. */
export function needsPassword(job: Job | undefined, given: Draft): boolean {
  return job === undefined || job.host !== given.host.trim() || job.user !== given.user.trim() || job.encryption !== given.encryption || String(job.port) !== given.numbers.port.trim();
}

/** What the API is told. */
export function input(given: Draft): SyncJobInput {
  const numbers = Object.fromEntries(Object.entries(given.numbers).map(([field, text]) => [field, Number(text)]));
  return {
    host: given.host.trim(), user: given.user.trim(), encryption: given.encryption, ...(given.password ? { password: given.password } : {}), ...numbers,
    subfolder: given.subfolder.trim(), exclude: given.exclude, parameters: given.parameters.split(/\s+/).filter(Boolean), ...given.switches,
  };
}
