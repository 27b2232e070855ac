// The commands of a guide: fenced blocks that are marked `sh test GROUP`, run as one script.
// Owns how blocks become a script. Must not know what they do.
//
// A block that is marked `background` as well runs until the script ends.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BLOCK = /^( *)```sh test (\S+)( background)?\n(.*?)^ *```$/gms;

/** The blocks of a guide, in order. */
export function blocks(text) {
  return [...text.matchAll(BLOCK)].map(([, indent, group, background, code]) => ({
    group,
    inBackground: background !== undefined,
    code: code.replace(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** Writes a script of these groups, in this order; `addresses` replaces the readers' addresses by those of the test. */
export function script(folder, text, groups, addresses) {
  const all = blocks(text);
  const chosen = groups.flatMap((group) => {
    const own = all.filter((block) => block.group === group);
    if (own.length === 0) throw new Error(`the guide has no block of ${group}`);
    return own;
  });
  const parts = chosen.map(({ inBackground, code }, index) => (inBackground ? background(code, index) : code));
  const commands = ['set -euo pipefail', "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT", ...parts].join('\n');
  const file = join(folder, 'guide.sh');
  writeFileSync(file, Object.entries(addresses).reduce((script, [from, to]) => script.replaceAll(from, to), commands));
  return file;
}

/** The next block waits until it has written something; after a server until that is ready. */
function background(code, index) {
  const log = `background-${index}.log`;
  const isReady = code.includes('tallywire serve') ? 'curl --silent --fail "$READY" > /dev/null' : `[ -s ${log} ]`;
  return `(\n${code}) > ${log} 2>&1 &\nfor i in $(seq 200); do ${isReady} && break; sleep 0.1; done\n`;
}
