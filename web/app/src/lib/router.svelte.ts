// Paths of one entry: patterns such as `/services/:id`, links that do not load the page again, back and forward.
export type Params = Record<string, string>;

class Place {
  path = $state(location.pathname);
  query = $state(location.search);
}

export const place = new Place();

function arrive(): void {
  place.path = location.pathname;
  place.query = location.search;
}

/** Goes to a path of this entry. */
export function go(to: string, replace = false): void {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  arrive();
  window.scrollTo(0, 0);
}

/** The parameters of `path` where it is like `pattern`. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split('/').filter(Boolean);
  const parts = path.split('/').filter(Boolean);
  if (wanted.length !== parts.length) return null;
  const params: Params = {};
  for (const [at, word] of wanted.entries()) {
    const part = parts[at] ?? '';
    if (word.startsWith(':')) {
      try {
        params[word.slice(1)] = decodeURIComponent(part);
      } catch {
        return null;
      }
    } else if (word !== part) return null;
  }
  return params;
}

/** Takes clicks on links below `base` and the browser's own back and forward. */
export function listen(base: string): void {
  window.addEventListener('popstate', arrive);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname !== base && !link.pathname.startsWith(`${base}/`)) return;
    if (link.pathname === location.pathname && link.search === location.search && link.hash) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
