// Whether what a table shows can be read: for all suites that look at screens.

/** A part of an address up to this long stands in one line; as in `web/app/src/lib/ui/Address.svelte`. */
const PART_LENGTH_MAX = 28;

/**
 * What cannot be read in the tables of the page: words beyond their cell, beneath the buttons of a row, or cut off without a sign;
 * addresses broken in the middle; columns that lie aside without a way to them. On a phone, where rows are cards, also what lies aside at
 * all, what a heading tells and a card does not, and a fact of which only its heading is there. Gives how many tables there are as well.
 */
export function unreadable(page) {
  return page.evaluate((partLengthMax) => {
    const faults = [];
    const shown = (one) => one.checkVisibility({ visibilityProperty: true });
    const isHidden = (one) => !shown(one) || one.closest('.visually-hidden, svg, [popover], dialog:not([open])');
    const short = (text) => text.replace(/\s+/g, ' ').trim().slice(0, 50);
    const tables = [...document.querySelectorAll('main table, dialog[open] table')].filter(shown);
    let wideCount = 0;
    for (const table of tables) {
      const name = short(table.caption?.textContent ?? table.closest('[aria-label]')?.getAttribute('aria-label') ?? 'table');
      let region = table.parentElement;
      while (region && !/auto|scroll/.test(getComputedStyle(region).overflowX)) region = region.parentElement;
      const isWide = region !== null && region.scrollWidth > region.clientWidth + 1;
      if (isWide) wideCount += 1;
      if (isWide && region.tabIndex !== 0) faults.push(`${name}: cannot be moved sideways by keyboard`);
      if (isWide && !region.getAttribute('aria-label')) faults.push(`${name}: has no name`);
      if (!isWide && region?.tabIndex === 0) faults.push(`${name}: is stopped at by Tab, and does not move`);
      if (innerWidth < 640) {
        if (isWide) faults.push(`${name}: lies aside on a phone`);
        const headings = table.classList.contains('cards') ? [...table.tHead.rows[0].cells] : [];
        if (headings.length > 0 && (table.getAttribute('role') !== 'table' || headings.some((one) => one.getAttribute('role') !== 'columnheader'))) faults.push(`${name}: is no table for who does not see it`);
        for (const row of headings.length > 0 ? table.tBodies[0].rows : []) {
          if (row.classList.contains('detail') || row.cells[0].colSpan > 1) continue;
          if (row.getAttribute('role') !== 'row' || row.cells.length !== headings.length) faults.push(`${name}: a row is not whole`);
          for (const [at, heading] of headings.entries()) {
            const cell = row.cells[at];
            const box = cell?.getBoundingClientRect();
            const isThere = cell?.getAttribute('role') === 'cell' && shown(cell) && box.left >= 0 && box.right <= innerWidth && box.width > 0;
            // The first column is the title of the card; ticks and buttons say themselves what they do.
            const says = /\b(tick|lead|acts)\b/.test(cell?.className ?? '') || cell?.innerText.startsWith(heading.textContent.trim());
            if (!isThere || !says) faults.push(`${name}: not on the card: ${short(heading.textContent)}`);
            // What is empty is drawn as such, in the fact itself or in what it holds.
            const fact = cell?.querySelector(':scope > .fact');
            const isDrawn = (one) => one.matches('svg, img, input, select, button, meter, progress, [role=img]') || !['none', 'normal', ''].includes(getComputedStyle(one, '::after').content);
            if (fact && fact.innerText.trim() === '' && ![fact, ...fact.querySelectorAll('*')].some(isDrawn)) faults.push(`${name}: a heading without its fact: ${short(heading.textContent)}`);
          }
        }
      }
      for (const row of table.rows) {
        const acts = [...row.cells].find((cell) => cell.classList.contains('acts') && getComputedStyle(cell).position === 'sticky');
        const edge = acts?.getBoundingClientRect();
        for (const cell of row.cells) {
          if (isHidden(cell)) continue;
          const box = cell.getBoundingClientRect();
          if (isWide && cell !== acts && cell.colSpan === 1 && box.width > region.clientWidth - (edge?.width ?? 0)) faults.push(`${name}: wider than what is in sight: ${short(cell.textContent)}`);
          const nodes = [];
          const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            // The end of a line is one of words as well, and so is that of a heading on a card.
            if (node.nodeName === 'BR' || (node.nodeType === Node.ELEMENT_NODE && node.classList.contains('fact'))) nodes.push({ data: '\n' });
            else if (node.nodeType === Node.TEXT_NODE && !isHidden(node.parentElement)) nodes.push(node);
          }
          for (const node of nodes.filter(({ data }) => data.trim())) {
            const range = document.createRange();
            range.selectNodeContents(node);
            for (const rect of range.getClientRects()) {
              if (rect.width < 1) continue;
              if (rect.left < box.left - 1 || rect.right > box.right + 1) faults.push(`${name}: beyond its cell: ${short(node.data)}`);
              if (edge && cell !== acts && !isWide && rect.right > edge.left + 1) faults.push(`${name}: beneath the buttons: ${short(node.data)}`);
            }
            for (let one = node.parentElement; one && one !== cell; one = one.parentElement) {
              const style = getComputedStyle(one);
              if (!/hidden|clip/.test(style.overflowX) || one.scrollWidth <= one.clientWidth + 1 || style.display === 'inline') continue;
              if (style.textOverflow !== 'ellipsis' || !one.closest('[title]')) faults.push(`${name}: cut off: ${short(node.data)}`);
            }
          }
          // Addresses may stand in several nodes: each of their parts is one line.
          const text = nodes.map((node) => node.data).join('');
          const place = (at) => {
            for (const node of nodes) {
              if (node instanceof Text && at <= node.data.length) return [node, at];
              at -= node.data.length;
            }
            throw new Error('beyond the text');
          };
          for (const { 0: address, index } of text.matchAll(/[^\s@,;<>]+@[^\s@,;<>]+/g)) {
            const at = address.indexOf('@');
            for (const [from, to] of [[0, at], [at, address.length]]) {
              if (to - from > partLengthMax) continue;
              const range = document.createRange();
              range.setStart(...place(index + from));
              range.setEnd(...place(index + to));
              const lines = new Set([...range.getClientRects()].filter((rect) => rect.width > 0.5).map((rect) => Math.round(rect.top / 6)));
              if (lines.size > 1) faults.push(`${name}: broken in the middle: ${short(address)}`);
            }
          }
        }
      }
    }
    return { faults: [...new Set(faults)], count: tables.length, wideCount };
  }, PART_LENGTH_MAX);
}
