// Loaded by `node --require` beside a mock: `http`, `https` and `fetch` go through the proxy of HTTPS_PROXY.
// From 22.21 and 24.5 on Node lets `fetch` and the agents that all share do so by itself (NODE_USE_ENV_PROXY);
// then only agents that a program makes are left for this file.
"use strict";

const [major, minor] = process.versions.node.split(".").map(Number);
const doesItself = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);

if (doesItself) {
  // Whoever runs a program beside a mock has not asked for its library's experiments, nor for lines about them.
  const emit = process.emit;
  process.emit = function (event, warning, ...rest) {
    if (event === "warning" && warning?.code === "UNDICI-EHPA") return false;
    return emit.call(this, event, warning, ...rest);
  };
}

if (process.env.HTTPS_PROXY) {
  const http = require("node:http");
  const https = require("node:https");
  const net = require("node:net");
  const tls = require("node:tls");

  const HEAD_BYTES_MAX = 65536;
  const named = process.env.HTTPS_PROXY;
  const proxy = new URL(named.includes("://") ? named : `http://${named}`);
  const direct = (process.env.NO_PROXY || "").split(",").filter(Boolean);

  const isDirect = (host) => direct.includes(host.replace(/^\[|\]$/g, ""));

  // Calls back with a socket that leads to host and port, or with an error that has the proxy's sentence.
  function tunnel(host, port, callback) {
    const target = `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
    const socket = net.connect(Number(proxy.port || 80), proxy.hostname.replace(/^\[|\]$/g, ""));
    let said = Buffer.alloc(0);
    const finish = (error) => {
      socket.removeListener("data", hear);
      socket.removeListener("error", finish);
      socket.removeListener("end", leave);
      if (error) socket.destroy();
      callback(error, error ? undefined : socket);
    };
    const leave = () => {
      const [head, ...sentence] = said.toString().split("\r\n\r\n");
      const reason = sentence.join("") || head.split("\r\n")[0] || "it said nothing";
      finish(new Error(`The proxy refused a tunnel to ${target}: ${reason}`));
    };
    const hear = (chunk) => {
      said = Buffer.concat([said, chunk]);
      const end = said.indexOf("\r\n\r\n");
      if (said.length > HEAD_BYTES_MAX) leave();
      else if (end >= 0 && /^HTTP\/1\.[01] 200 /.test(said.toString("latin1", 0, 13))) finish(null);
    };
    socket.on("data", hear);
    socket.once("error", finish);
    socket.once("end", leave);
    socket.once("connect", () => socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`));
  }

  // Lets the agents of a library connect through tunnels; `over` gives the connection inside one.
  function lead(library, defaultPort, over) {
    const connectDirectly = library.Agent.prototype.createConnection;
    library.Agent.prototype.createConnection = function (options, callback) {
      const host = options.host || "localhost";
      if (options.socket || options.socketPath || this.options.proxyEnv || isDirect(host)) {
        return connectDirectly.call(this, options, callback);
      }
      tunnel(host, options.port || defaultPort, (error, socket) => {
        if (error) callback(error);
        else callback(null, over(socket, () => connectDirectly.call(this, { ...options, socket })));
      });
      return undefined;
    };
  }
  lead(https, 443, (socket, secured) => secured());
  lead(http, 80, (socket) => socket);

  // What `undici`, the library below `fetch`, takes for its `connect`.
  function connect(options, callback) {
    const host = options.hostname;
    const isSecure = options.protocol === "https:";
    const port = Number(options.port) || (isSecure ? 443 : 80);
    const begin = (socket) => {
      const servername = options.servername || (net.isIP(host) ? undefined : host);
      const made = isSecure
        ? tls.connect({ socket, host, port, servername, ALPNProtocols: ["http/1.1"] })
        : socket || net.connect({ host, port });
      const fail = (error) => callback(error);
      made.once("error", fail);
      const begun = () => {
        made.removeListener("error", fail);
        callback(null, made);
      };
      if (!isSecure && socket) begun();
      else made.once(isSecure ? "secureConnect" : "connect", begun);
    };
    if (isDirect(host)) begin();
    else tunnel(host, port, (error, socket) => (error ? callback(error) : begin(socket)));
  }

  if (globalThis.fetch && !doesItself) {
    // Its library is loaded by the first use, which makes the one dispatcher that all fetches share.
    const dispatcher = Symbol.for("undici.globalDispatcher.1");
    globalThis.fetch("data:,").catch(() => {});
    const Agent = globalThis[dispatcher].constructor;
    globalThis[dispatcher] = new Agent({ connect });
  }
}
