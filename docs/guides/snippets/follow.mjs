import { io } from "socket.io-client";

/**
 * Receives a user's events, each once and in order, over any number of reconnects.
 *
 * `getToken` returns a promise of a valid token. `since` and `epoch` say what the caller has already; without them it
 * receives what happens from now on. `onEvent(name, payload)` is called for each event, `onReload()` where everything has
 * to be loaded again, `onError({ code, message })` where a sign-in is refused.
 */
export function follow(url, { getToken, since, epoch, onEvent, onReload, onError = console.error }) {
  let newest = since;
  let refusals = 0; // in a row
  let timer;

  const socket = io(url, { auth: async (send) => send({ token: await getToken(), since: newest, epoch }) });

  socket.on("authenticated", (answer) => {
    refusals = 0;
    newest ??= answer.seq; // at a reconnect, what was missed is still to come
    epoch = answer.epoch;
  });
  socket.on("sync:required", (answer) => {
    newest = answer.seq;
    epoch = answer.epoch;
    onReload();
  });
  socket.onAny((name, payload) => {
    if (payload?.eventId === undefined) return; // not an event of the feed
    if (payload.seq <= newest) return; // the client may hold an event of a connection that was cut off, which comes again
    newest = payload.seq;
    onEvent(name, payload);
  });

  // The client reconnects by itself after a lost connection, but not after a refusal.
  socket.on("error", (error) => {
    onError(error);
    socket.disconnect();
    if (error.code === "USER_MISMATCH") return; // the same at every attempt
    refusals += 1;
    const pause = Math.min(60_000, 500 * 2 ** refusals) * (0.5 + Math.random());
    timer = setTimeout(() => socket.connect(), pause);
  });

  const close = () => {
    clearTimeout(timer);
    socket.disconnect();
  };
  return { socket, close };
}
