// Waiting for something to become true.
// Owns the only code in which tests wait. Must not be used to let time pass.

const LIMIT_MS = 15_000;

/**
 * Asks repeatedly until the answer is truthy; returns that answer.
 * @template T
 * @param {() => T | Promise<T>} question
 * @param {string | (() => string)} what what is awaited, for the message of a timeout
 */
export async function eventually(question, what, limit = LIMIT_MS) {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`did not happen within ${limit} ms: ${told(what)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * A promise that rejects after a time limit.
 * @template T
 * @param {Promise<T>} promise
 * @param {string | (() => string)} what
 */
export async function within(promise, what, limit = LIMIT_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    const fail = () => reject(new Error(`no ${told(what)} within ${limit} ms`));
    timer = setTimeout(fail, limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function told(what) {
  return typeof what === 'function' ? what() : what;
}
