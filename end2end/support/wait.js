// Waiting for something to become true.
// Owns the one place where tests wait. Must not be used to let time pass.

const LIMIT_MS = 15_000;

/**
 * Asks again and again until the answer is truthy; that answer.
 * @template T
 * @param {() => T | Promise<T>} question
 * @param {string | (() => string)} what what is waited for, for the message when it does not come
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
 * A promise that fails when it takes too long.
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
