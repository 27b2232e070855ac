// Hostile texts, and the effects that they must not have.

import type { Page } from '@playwright/test';

const zalgo = (text: string) => [...text].map((letter) => letter + '\u0300\u0316\u0489\u0334\u035c\u0361'.repeat(2)).join('');

/** Script, markup and templates; layout; direction. Each within the 200-byte limit of a name. */
export const hostile = {
  script: '<img src=x onerror=taken()></script><script>taken()</script>{{7*7}}${taken()}<!--',
  attribute: '"\'><svg onload=taken()><a href="javascript:taken()">taken</a>',
  link: 'javascript:taken()',
  word: 'W'.repeat(190),
  zalgo: `Z${zalgo('ALGO')}`,
  emoji: '👨‍👩‍👧‍👦'.repeat(7),
  lines: 'one\ntwo\r\nthree\u2028four\tfive\u0000six',
  override: '\u202egnp.99\u202e 1,234.56',
  isolates: '\u2067\u2068a\u2069\u2069\u2069\u2069 99.99 \u2066b',
  rightToLeft: 'شركة 1,234.56 ש״ח (זיכוי)',
};

/** The same for names, which have no control characters. */
export const hostileNames = Object.values(hostile).map((text) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ').trim());

/** Records whether an injected script runs. */
export async function watchScripts(page: Page) {
  await page.addInitScript(() => ((window as any).taken = () => ((window as any).wasTaken = true)));
}

/** The faults that the texts caused, at the current page size. */
export async function faults(page: Page) {
  return page.evaluate(() => {
    const faults: string[] = [];
    const told = (element: Element) => element.outerHTML.slice(0, 200);
    if ((window as any).wasTaken) faults.push('a script ran');
    for (const element of document.querySelectorAll('body *')) {
      if (element.matches('img, iframe, object, embed, base, meta, video, main script, main svg a')) faults.push(`markup: ${told(element)}`);
      for (const { name, value } of element.attributes) {
        if (name.startsWith('on') || /^\s*javascript:/i.test(value) && ['href', 'src', 'action', 'formaction'].includes(name)) faults.push(`attribute: ${told(element)}`);
      }
    }
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`wider than the page by ${scrollWidth - clientWidth}`);
    const boxes = (text: Node, from: number, to: number) => {
      const range = document.createRange();
      range.setStart(text, from);
      range.setEnd(text, to);
      return range.getBoundingClientRect();
    };
    // An amount is read from left to right, whatever is next to it.
    for (const amount of document.querySelectorAll('.row__amount, .account__balance, .figure__amount, .toast__detail')) {
      const walker = document.createTreeWalker(amount, NodeFilter.SHOW_TEXT);
      for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        const length = text.nodeValue!.length;
        if (length < 2) continue;
        const [first, last] = [boxes(text, 0, 1), boxes(text, length - 1, length)];
        if (first.top === last.top && first.left >= last.left) faults.push(`turned around: ${text.nodeValue}`);
      }
    }
    // It is next to its name, at the end of the row; the details below are in order.
    for (const row of document.querySelectorAll('.row')) {
      const [name, amount, around] = ['.row__name', '.row__amount'].map((part) => row.querySelector(part)!.getBoundingClientRect()).concat(row.getBoundingClientRect());
      if (around.right - amount.right > 24) faults.push(`an amount is not at the end: ${row.textContent}`);
      if (name.right > amount.left && name.bottom > amount.top && name.top < amount.bottom) faults.push(`a name lies under its amount: ${row.textContent}`);
      if (around.height > 110) faults.push(`a row of ${around.height} px: ${row.textContent}`);
      // Including the separators.
      const parts = [...row.querySelector('.row__details')!.childNodes].filter((part) => part.textContent && part.nodeType !== Node.COMMENT_NODE);
      const lefts = parts.map((part) => (part instanceof Element ? part.getBoundingClientRect() : boxes(part, 0, part.nodeValue!.length)).left);
      if (lefts.some((left, at) => left < (lefts[at - 1] ?? -Infinity))) faults.push(`details out of order: ${row.textContent}`);
    }
    // Text that overflows its line covers its neighbours, unless an element clips it.
    const clips = (element: Element | null): boolean => !!element && element !== document.body && (getComputedStyle(element).overflowY !== 'visible' || clips(element.parentElement));
    for (const element of document.querySelectorAll('main *, header *, .toaster *')) {
      const isMarked = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && /\p{M}{6}/u.test(node.nodeValue!));
      if (isMarked && !element.matches('option') && !clips(element)) faults.push(`not cut off: ${told(element)}`);
    }
    return faults;
  });
}
