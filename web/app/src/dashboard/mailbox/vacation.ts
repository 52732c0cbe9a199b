// An answer while somebody is away, as a part of a Sieve script (RFC 5230). Two marked blocks hold it: one after the
// script's own `require`, one with the answer; what people wrote around them stays as it is.

export interface Vacation {
  isOn: boolean;
  subject: string;
  text: string;
  /** First and last day, as YYYY-MM-DD; empty: at once, and for ever. */
  from: string;
  to: string;
  /** How many days pass before the same sender is answered again. */
  days: number;
  /** Further addresses of one's own that may be written to. */
  addresses: string[];
}

export const DAYS_MIN = 1;
export const DAYS_MAX = 30;
const BEGIN = '# vacation begins; made by the vacation page';
const END = '# vacation ends';
const KEPT = '# vacation: ';
const NEEDS = ['vacation', 'date', 'relational'];

const quoted = (text: string) => `"${text.replace(/\r?\n|\r/g, ' ').replace(/[\\"]/g, '\\$&')}"`;

/** Text of several lines: a line that begins with a dot gets another (RFC 5228 section 2.4.2), and none ends the block. */
function multiline(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').split('\n').map((line) => (line.startsWith('.') ? `.${line}` : line === END ? ` ${line}` : line));
  return `text:\n${lines.join('\n')}\n.\n`;
}

/** Where the script's own requirements end: other commands may not stand before them (RFC 5228 section 3.2). */
function afterRequirements(script: string): number {
  const blank = /(?:\s+|#[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/y;
  const requirement = /require\b(?:\s|#[^\n]*\n|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\[\s\S])*"|[[\],])*;[ \t]*\n?/iy;
  let end = 0;
  for (;;) {
    blank.lastIndex = end;
    blank.exec(script);
    requirement.lastIndex = blank.lastIndex;
    if (!requirement.test(script)) return end;
    end = requirement.lastIndex;
  }
}

/** The answer that a script holds; none where it holds none, or one that somebody took apart. */
export function vacationOf(script: string): Vacation | null {
  const line = script.split('\n').find((one) => one.startsWith(KEPT));
  if (!line) return null;
  try {
    const kept = JSON.parse(line.slice(KEPT.length)) as Partial<Vacation>;
    const text = (value: unknown) => (typeof value === 'string' ? value : '');
    return {
      isOn: kept.isOn === true, subject: text(kept.subject), text: text(kept.text), from: text(kept.from), to: text(kept.to),
      days: typeof kept.days === 'number' ? kept.days : 7,
      addresses: Array.isArray(kept.addresses) ? kept.addresses.filter((one) => typeof one === 'string') : [],
    };
  } catch {
    return null;
  }
}

/** The script without the answer. */
export function without(script: string): string {
  const block = new RegExp(`^${BEGIN}\\n[\\s\\S]*?^${END}\\n?`, 'gm');
  return script.replace(/\r\n?/g, '\n').replace(block, '');
}

/** The script with this answer, after its own requirements: it is given also for mail that rules put elsewhere. */
export function withVacation(script: string, vacation: Vacation): string {
  const own = without(script);
  const at = afterRequirements(own);
  const before = own.slice(0, at);
  const lines = [BEGIN, KEPT + JSON.stringify(vacation)];
  if (vacation.isOn) {
    const tests = [
      ...(vacation.from ? [`currentdate :value "ge" "date" ${quoted(vacation.from)}`] : []),
      ...(vacation.to ? [`currentdate :value "le" "date" ${quoted(vacation.to)}`] : []),
    ];
    lines.unshift(`${BEGIN}\nrequire [${NEEDS.map(quoted).join(', ')}];\n${END}`);
    const addresses = vacation.addresses.length > 0 ? ` :addresses [${vacation.addresses.map(quoted).join(', ')}]` : '';
    const subject = vacation.subject.trim() ? ` :subject ${quoted(vacation.subject.trim())}` : '';
    const answer = `vacation :days ${vacation.days}${subject}${addresses} ${multiline(vacation.text)};`;
    lines.push(tests.length === 0 ? answer : `if allof (${tests.join(', ')}) {\n${answer}\n}`);
  }
  lines.push(END);
  const gap = before !== '' && !before.endsWith('\n') ? '\n' : '';
  return `${before}${gap}${lines.join('\n')}\n${own.slice(at)}`;
}

/** Whether a script does anything besides the answer: more than comments and requirements. */
export function isMore(script: string): boolean {
  const own = without(script);
  return own.slice(afterRequirements(own)).replace(/#[^\n]*|\/\*[\s\S]*?\*\//g, '').trim() !== '';
}
