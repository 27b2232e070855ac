// The commands of a guide: fenced blocks that are marked `sh test GROUP`, run as one script.
// Owns how blocks become a script. Must not know what they do.
//
// A block that is also marked `background` is for another terminal: it runs until the script ends, in the same folder,
// but without the variables of earlier blocks.

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

/** Writes a script of these groups, in this order; `addresses` replaces the readers' addresses with those of the test. */
export function script(folder, text, groups, addresses) {
  const all = blocks(text);
  const chosen = groups.flatMap((group) => {
    const own = all.filter((block) => block.group === group);
    if (own.length === 0) throw new Error(`the guide has no block of ${group}`);
    return own;
  });
  const inPlace = (code) => Object.entries(addresses).reduce((code, [from, to]) => code.replaceAll(from, to), code);
  const parts = chosen.map(({ inBackground, code }, index) => (inBackground ? background(folder, inPlace(code), index) : inPlace(code)));
  const commands = ['set -euo pipefail', "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT", ...parts].join('\n');
  const file = join(folder, 'guide.sh');
  writeFileSync(file, commands);
  return file;
}

/** The next block waits for the first output of a background block; for a server, until it is ready. */
function background(folder, code, index) {
  const [script, log] = [`background-${index}.sh`, `background-${index}.log`];
  writeFileSync(join(folder, script), code);
  const fresh = `xargs -0 -a /proc/$$/environ sh -c 'exec env -i "$@" bash -euo pipefail ${script}' sh`;
  const isReady = code.includes('tallywire serve') ? 'curl --silent --fail "$READY" > /dev/null' : `[ -s ${log} ]`;
  return `${fresh} > ${log} 2>&1 < /dev/null &\nfor i in $(seq 200); do ${isReady} && break; sleep 0.1; done\n`;
}
