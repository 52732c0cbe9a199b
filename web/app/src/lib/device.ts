// What a program says of itself, in few words.

/** The browser and system of a user agent, and the address behind it where one stands there in brackets. */
export function device(text: string): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\/[\d.]+/.exec(text)?.[0]?.split('.')[0] ?? text.slice(0, 24);
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/.exec(text)?.[0] ?? '';
  const peer = /\(([\da-f.:]+)\)$/i.exec(text)?.[1] ?? '';
  return [browser.replace('/', ' '), system, peer].filter(Boolean).join(' · ');
}
