// The guides show exactly what the tests run, and everything they name exists.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { guides, included, program, programs, rewrite } from '../support/guide.js';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const root = dirname(docs);
const others = readdirSync(docs).filter((name) => name.endsWith('.md'));
const pages = [...guides.map(({ name, text }) => ({ name: `guides/${name}`, text })), ...others.map(page)];

function page(name) {
  return { name, text: readFileSync(join(docs, name), 'utf8') };
}

/** The anchors of a page's headings, as GitHub makes them. */
function headings(text) {
  const titles = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title);
  return titles.map((title) => title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

test('each program stands in a guide letter for letter (TALLYWIRE_WRITE_DOCS=1 writes them)', () => {
  if (process.env.TALLYWIRE_WRITE_DOCS) return rewrite();
  const shown = guides.flatMap(included);
  for (const { name, code } of shown) assert.equal(code, program(name), name);
  assert.deepEqual(shown.map(({ name }) => name).sort(), programs);
});

for (const { name, text } of pages) {
  test(`every link of ${name} leads to a file or heading that is there`, () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)/g)].map(([, link]) => link);
    const leads = (link) => {
      const [path, heading] = link.split('#');
      const file = path === '' ? join(docs, name) : join(dirname(join(docs, name)), path);
      return existsSync(file) && (heading === undefined || headings(readFileSync(file, 'utf8')).includes(heading));
    };
    assert.deepEqual(links.filter((link) => !leads(link)), []);
  });

  test(`every path of ${name} that stands in code is there`, () => {
    // Folders of other repositories do not count.
    const folders = /^(?!docs\/\w+\.io)(?:app|bench|crates|docs|end2end|frontend|fuzz|scripts|server)\/[\w./-]+$/;
    const paths = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code).filter((code) => folders.test(code));
    assert.deepEqual(paths.filter((path) => !existsSync(join(root, path))), []);
  });
}

test('the list of documents has each of them', () => {
  const { text } = pages.find(({ name }) => name === 'README.md');
  const listed = pages.map(({ name }) => name).filter((name) => name !== 'README.md');
  assert.deepEqual(listed.filter((name) => !text.includes(`(${name})`)), []);
});

test('every type and function that the implementation guide names is in the code', () => {
  const files = execFileSync('git', ['ls-files', '--', 'crates/*.rs', 'server/src/*.rs', 'app/src/*.rs'], { cwd: root, encoding: 'utf8' });
  const code = files.trim().split('\n').map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  const { text } = guides.find(({ name }) => name === 'implementation.md');
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span).filter((span) => !span.startsWith('tallywire_'));
  const functions = spans.map((span) => span.match(/^(?:\w+::)?([a-z]+(?:_[a-z]+)+|(?<=::)\w+)$/)?.[1]).filter(Boolean);
  const types = spans.flatMap((span) => span.match(/^([A-Z][a-z]\w+)(?:$|::)/)?.[1] ?? []);
  assert.ok(functions.length > 8 && types.length > 15, `${functions} ${types}`);
  const unknown = [
    ...functions.filter((name) => !new RegExp(`fn ${name}\\b`).test(code)),
    ...types.filter((name) => !new RegExp(`(struct|enum|trait) ${name}\\b|^\\s+${name}\\b(,| [{(]|\\()`, 'm').test(code)),
  ];
  assert.deepEqual(unknown, []);
});

test('the errors of the real-time guide are those of the server, in its words', () => {
  const source = readFileSync(join(root, 'crates/wire/src/error.rs'), 'utf8');
  const known = new Map([...source.matchAll(/= "([A-Z_]+)", "([^"]+)";/g)].map(([, code, message]) => [code, message]));
  const { text } = guides.find(({ name }) => name === 'real-time.md');
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (.+?) \|/gm)];
  assert.ok(rows.length >= 8, 'the guide has a table of errors');
  for (const [, code, message] of rows) assert.equal(message, known.get(code), code);
  for (const code of ['MISSING_CREDENTIALS', 'INVALID_TOKEN', 'USER_MISMATCH', 'TOKEN_EXPIRED', 'CONNECTION_LIMIT', 'AUTH_UNAVAILABLE', 'AUTH_TIMEOUT', 'RATE_LIMITED']) {
    assert.ok(rows.some(([, row]) => row === code), `${code} is missing`);
  }
});

test('the real-time guide has every event of a feed and every reason to load again', () => {
  const source = readFileSync(join(root, 'crates/wire/src/events.rs'), 'utf8');
  const events = [...source.matchAll(/^ +Self::\w+ => "(\w+:\w+)",$/gm)].map(([, name]) => name);
  const { text } = guides.find(({ name }) => name === 'real-time.md');
  const rows = [...text.matchAll(/^\| `(\w+:\w+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(rows, events);
  const reasons = source.match(/\/\/\/ (`\w+`, `\w+` or `\w+`)\.\n    pub reason/)[1].match(/`\w+`/g);
  assert.deepEqual([...text.matchAll(/^\| (`(?:too_old|ahead|epoch)`) \|/gm)].map(([, reason]) => reason), reasons);
});

test('the codes over HTTP in the real-time guide are those of the server', () => {
  const source = readFileSync(join(root, 'crates/wire/src/error.rs'), 'utf8');
  const { text } = guides.find(({ name }) => name === 'real-time.md');
  const codes = [...text.matchAll(/^\| \d{3} \| (.+?) \|/gm)].flatMap(([, codes]) => codes.match(/[A-Z_]{4,}/g));
  assert.ok(codes.length >= 6, `${codes}`);
  assert.deepEqual(codes.filter((code) => !source.includes(`"${code}"`)), []);
});
