// The guides in docs/guides, and the programs in docs/guides/snippets that they show.
// Owns how a guide includes a program, and a folder in which the programs run. Must not know what a program does.

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const folder = join(docs, 'guides');
const snippets = join(folder, 'snippets');
const modules = fileURLToPath(new URL('../node_modules', import.meta.url));

/** The names of all programs. */
export const programs = readdirSync(snippets).sort();

/** The text of a program. */
export const program = (name) => readFileSync(join(snippets, name), 'utf8');

/** All guides: name and text. */
export const guides = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

const INCLUDED = /(<!-- snippets\/(\S+) -->\n```\S*\n)(.*?)(^```$)/gms;

/** The programs that a guide shows: the name, and the text in the guide. */
export const included = ({ text }) => [...text.matchAll(INCLUDED)].map(([, , name, code]) => ({ name, code }));

/** Writes the programs' texts into the guides. */
export function rewrite() {
  for (const { name, text } of guides) {
    writeFileSync(join(folder, name), text.replace(INCLUDED, (_, begin, file, _code, end) => begin + program(file) + end));
  }
}

/** A folder with all programs and the packages that they import, under the names that readers install. */
export function workspace() {
  const place = mkdtempSync(join(tmpdir(), 'tallywire-guide-'));
  cpSync(snippets, place, { recursive: true });
  mkdirSync(join(place, 'node_modules'));
  for (const [name, installed] of [['socket.io-client', 'socket.io-client-4.8'], ['react', 'react'], ['react-dom', 'react-dom']]) {
    symlinkSync(join(modules, installed), join(place, 'node_modules', name));
  }
  process.on('exit', () => rmSync(place, { recursive: true, force: true }));
  return place;
}

// The test runner sends this to a file of tests that takes too long.
process.once('SIGTERM', () => process.exit(1));

/** Runs a command until the end of the test; `output()` is what it has written so far, to both streams. */
export function running(t, command, args, { cwd, env }) {
  const { PATH, HOME, TMPDIR } = process.env;
  // A separate process group, so that a shell's children end with it.
  const child = spawn(command, args, { cwd, env: { PATH, HOME, TMPDIR, ...env }, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All processes of the group have ended.
    }
  };
  t.after(end);
  process.on('exit', end);
  return { output: () => output, child };
}
