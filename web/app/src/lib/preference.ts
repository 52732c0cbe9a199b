// What somebody likes on this device: no secret, nothing that the server needs.
export type Preference = 'theme' | 'density';

export function preference(name: Preference): string | null {
  try {
    return localStorage.getItem(`hosterra.${name}`);
  } catch {
    return null;
  }
}

export function prefer(name: Preference, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`hosterra.${name}`);
    else localStorage.setItem(`hosterra.${name}`, value);
  } catch {
    // A browser that keeps nothing goes without.
  }
  wear();
}

/** Applies theme and density. */
export function wear(): void {
  const root = document.documentElement;
  for (const name of ['theme', 'density'] as const) {
    const value = preference(name);
    if (value === null) delete root.dataset[name];
    else root.dataset[name] = value;
  }
}
