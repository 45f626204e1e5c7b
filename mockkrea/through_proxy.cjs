// Loaded by `node --require` beside a mock: `https` and `fetch` go through the proxy of HTTPS_PROXY.
// From 22.21 and 24.5 on Node lets `fetch` and the agent that all share do so by itself (NODE_USE_ENV_PROXY);
// then only agents that a program makes are left for this file.
"use strict";

const [major, minor] = process.versions.node.split(".").map(Number);
const doesItself = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);

if (process.env.HTTPS_PROXY) {
  const https = require("node:https");
  const net = require("node:net");
  const tls = require("node:tls");

  const HEAD_BYTES_MAX = 65536;
  const proxy = new URL(process.env.HTTPS_PROXY);
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
    const leave = () => finish(new Error(`The proxy refused a tunnel to ${target}: ${said.toString()}`));
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

  const connectDirectly = https.Agent.prototype.createConnection;
  https.Agent.prototype.createConnection = function (options, callback) {
    const host = options.host || "localhost";
    if (options.socket || options.socketPath || this.options.proxyEnv || isDirect(host)) {
      return connectDirectly.call(this, options, callback);
    }
    tunnel(host, options.port || 443, (error, socket) => {
      if (error) callback(error);
      else callback(null, connectDirectly.call(this, { ...options, socket }));
    });
    return undefined;
  };

  // What `undici`, the library below `fetch`, takes for its `connect`.
  function connect(options, callback) {
    const host = options.hostname;
    const isSecure = options.protocol === "https:";
    const port = Number(options.port) || (isSecure ? 443 : 80);
    const begin = (socket) => {
      const servername = options.servername || (net.isIP(host) ? undefined : host);
      const made = isSecure
        ? tls.connect({ socket, host, port, servername, ALPNProtocols: ["http/1.1"] })
        : net.connect({ host, port });
      const fail = (error) => callback(error);
      made.once("error", fail);
      made.once(isSecure ? "secureConnect" : "connect", () => {
        made.removeListener("error", fail);
        callback(null, made);
      });
    };
    if (!isSecure || isDirect(host)) begin();
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
