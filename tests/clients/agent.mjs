// An agent on the TypeScript SDK: prints AUTHORIZE URL, reads the callback, prints DONE JSON.

import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [packages, url, generation, wrongCalls] = process.argv.slice(2);
const installed = createRequire(`${packages}/`);
const load = (name) => import(pathToFileURL(installed.resolve(`@modelcontextprotocol/sdk/client/${name}.js`)));
const { Client } = await load("index");
const { StreamableHTTPClientTransport } = await load("streamableHttp");
const { UnauthorizedError } = await load("auth");

class Provider {
  redirectUrl = "http://localhost:3118/callback";
  clientMetadata = { client_name: "TypeScript SDK", redirect_uris: [this.redirectUrl] };

  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.kept;
  saveTokens = (tokens) => void (this.kept = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  redirectToAuthorization = (page) => console.log(`AUTHORIZE ${page}`);
}

const authProvider = new Provider();
const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider });
const client = new Client({ name: "agent", version: "1" });

const first = transport();
try {
  await client.connect(first);
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error;
  const [callback] = await once(createInterface({ input: process.stdin }), "line");
  await first.finishAuth(new URL(callback).searchParams.get("code"));
  await client.connect(transport());
}

async function call(name, args) {
  const result = await client.callTool({ name, arguments: args });
  if (result.isError) throw new Error(JSON.stringify(result));
  return result.structuredContent;
}

async function refusal([name, args]) {
  const { isError, content } = await client.callTool({ name, arguments: args });
  if (!isError) throw new Error(`${name} was not refused`);
  return JSON.parse(content[0].text);
}

const { tools } = await client.listTools();
const { models } = await call("list_models", { category: "image" });
const generated = await call("generate", JSON.parse(generation));
const cancelled = await call("cancel_job", { jobId: generated.job_id });
const refused = [];
for (const wrong of JSON.parse(wrongCalls)) refused.push(await refusal(wrong));
const names = tools.map((tool) => tool.name);
console.log(`DONE ${JSON.stringify({ tools: names, models, generated, cancelled, refused })}`);
process.exit(0);
