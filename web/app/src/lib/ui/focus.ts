// Where the focus goes when something that had it closes.

/** How long after a dialog what opened it may still go away with the answer to what was done in it. */
const FOLLOW_MS_MAX = 10_000;

/** Gives the focus to `opener`; to the title of the screen where that is gone, switched off, or goes away before anything else has it. */
export function giveBack(opener: Element | null): void {
  const isLost = () => document.activeElement === null || document.activeElement === document.body;
  const toTitle = () => document.getElementById('title')?.focus();
  if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  if (isLost()) return toTitle();
  const end = () => {
    observer.disconnect();
    clearTimeout(limit);
    removeEventListener('focusin', end);
  };
  const observer = new MutationObserver(() => {
    if (!isLost()) return;
    end();
    toTitle();
  });
  observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled'] });
  const limit = setTimeout(end, FOLLOW_MS_MAX);
  addEventListener('focusin', end);
}
