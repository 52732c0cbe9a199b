// What a face is judged by before it is sent: whether its colours can be read, and in which domain its hosts lie.

/** WCAG 2.2, 1.4.3: text of usual size against what it stands on. */
export const CONTRAST_MIN = 4.5;
export const LOGO_OCTETS_MAX = 64 * 1024;

/** The contrast of two colours such as `#2f5d50`, 1 to 21 (WCAG 2.2, relative luminance). */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const part = (at: number) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

/** The hosts that people typed, each with the longest of the domains that it lies in; null: it lies in none. */
export function hostsOf(text: string, domains: { id: string; name: string; unicodeName: string }[]): { name: string; domainId: string | null }[] {
  const names = text.split(/[\s,;]+/).map((one) => one.trim().toLowerCase()).filter(Boolean);
  return [...new Set(names)].map((name) => {
    const found = domains.filter((domain) => [domain.name, domain.unicodeName].some((own) => name === own || name.endsWith(`.${own}`)));
    found.sort((one, other) => other.name.length - one.name.length);
    return { name, domainId: found[0]?.id ?? null };
  });
}

/** A file's octets in base64. */
export async function base64(file: File): Promise<string> {
  const octets = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (const octet of octets) text += String.fromCharCode(octet);
  return btoa(text);
}
