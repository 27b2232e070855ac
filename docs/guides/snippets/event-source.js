// In a page of the server's own origin, whose session cookie signs in. An empty epoch asks for ids with the epoch.
const source = new EventSource("/api/events?epoch=");

source.addEventListener("open", () => show("live"));
source.addEventListener("transaction:new", (event) => {
  const { seq, transaction } = JSON.parse(event.data);
  show(`${seq} ${transaction.description} ${transaction.amount}`);
});
source.addEventListener("sync:required", () => location.reload());
source.addEventListener("error", () => {
  // Closed: the server has refused it (401, 429). Otherwise the browser reconnects, and sends `Last-Event-ID`.
  if (source.readyState === EventSource.CLOSED) show("sign in again");
});
