import { useEffect, useState } from "react";

import { follow } from "./follow.mjs";

/** Loads what there is. The number is read first: what happens in between comes again as an event, and changes nothing. */
async function load(url, token) {
  const get = async (path) => {
    const response = await fetch(url + path, { headers: { Authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  };
  const { seq, epoch } = await get("/api/summary");
  const { transactions } = await get("/api/transactions?limit=50");
  return { seq, epoch, transactions };
}

const keyOf = (t) => [t.connectorId, t.connectionId, t.accountId, t.transactionId].join("\n");

/** The list after an event: newest first, each transaction once. */
function after(list, name, payload) {
  if (name === "transaction:deleted") return list.filter((t) => keyOf(t) !== keyOf(payload));
  if (name !== "transaction:new" && name !== "transaction:updated") return list;
  const { transaction, previousConnectionId } = payload;
  const former = keyOf({ ...transaction, connectionId: previousConnectionId ?? transaction.connectionId });
  const others = list.filter((t) => keyOf(t) !== keyOf(transaction) && keyOf(t) !== former);
  return [transaction, ...others].sort((a, b) => b.date.localeCompare(a.date));
}

/** A user's transactions as they happen. `getToken` must be the same function at every render. */
export function useTransactions(url, getToken) {
  const [transactions, setTransactions] = useState([]);
  const [isConnected, setIsConnected] = useState(false);
  const [error, setError] = useState(null);
  const [round, setRound] = useState(0); // one more whenever everything is loaded again

  useEffect(() => {
    let feed;
    let gone = false;
    const start = async () => {
      const loaded = await load(url, await getToken());
      if (gone) return;
      setTransactions(loaded.transactions);
      feed = follow(url, {
        getToken,
        since: loaded.seq,
        epoch: loaded.epoch,
        onEvent: (name, payload) => setTransactions((list) => after(list, name, payload)),
        onReload: () => setRound((round) => round + 1),
        onError: setError,
      });
      feed.socket.on("authenticated", () => (setIsConnected(true), setError(null)));
      feed.socket.on("disconnect", () => setIsConnected(false));
    };
    start().catch(setError);
    return () => {
      gone = true;
      feed?.close();
    };
  }, [url, getToken, round]);

  return { transactions, isConnected, error };
}

export function Transactions({ url, getToken }) {
  const { transactions, isConnected, error } = useTransactions(url, getToken);
  return (
    <section>
      <p role="status">{error ? error.message : isConnected ? "Live" : "Connecting"}</p>
      <ul>
        {transactions.map((t) => (
          <li key={keyOf(t)}>
            {t.description} {t.amount} {t.currency} {t.status === "pending" && "(pending)"}
          </li>
        ))}
      </ul>
    </section>
  );
}
