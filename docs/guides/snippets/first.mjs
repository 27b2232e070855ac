import { io } from "socket.io-client";

const { TALLYWIRE_URL: url, TALLYWIRE_USER: userId, TALLYWIRE_TOKEN: token } = process.env;

const socket = io(url);
socket.on("connect", () => socket.emit("authenticate", { userId, token }));
socket.on("authenticated", ({ seq }) => console.log("signed in; the newest event is", seq));
socket.on("transaction:new", ({ transaction }) => console.log(transaction.date, transaction.description, transaction.amount));
socket.on("error", ({ code, message }) => console.error(code, message));
