// Draws a fox at Krea's own address with Node's https and an agent of its own, and tries to get elsewhere.
const https = require("node:https");

const agent = new https.Agent({ keepAlive: true });
const headers = { Authorization: `Bearer ${process.env.KREA_API_KEY}`, "Content-Type": "application/json" };

const ask = (url, options = {}, body = undefined) =>
  new Promise((resolve, reject) => {
    const request = https.request(url, { agent, ...options }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve(Buffer.concat(chunks)));
    });
    request.on("error", reject);
    request.end(body);
  });

(async () => {
  const api = "https://api.krea.ai";
  const body = JSON.stringify({ prompt: "a fox" });
  const submitted = JSON.parse(
    await ask(`${api}/generate/image/bfl/flux-1-dev`, { method: "POST", headers }, body),
  );
  const job = JSON.parse(await ask(`${api}/jobs/${submitted.job_id}`, { headers }));
  const url = job.result.urls[0];
  // Without an agent the one that all share is taken.
  const size_bytes = (await ask(url, { agent: undefined })).length;
  const elsewhere = await ask("https://example.com/").then(String, (refusal) => `${refusal}`);
  console.log(JSON.stringify({ url, size_bytes, elsewhere }));
  agent.destroy();
})();
