// Draws a fox at Krea's own address with Node's fetch, and tries to get elsewhere.
const api = "https://api.krea.ai";
const headers = { Authorization: `Bearer ${process.env.KREA_API_KEY}`, "Content-Type": "application/json" };

const body = JSON.stringify({ prompt: "a fox" });
const submitted = await (await fetch(`${api}/generate/image/bfl/flux-1-dev`, { method: "POST", headers, body })).json();
const job = await (await fetch(`${api}/jobs/${submitted.job_id}`, { headers })).json();
const url = job.result.urls[0];
const size_bytes = (await (await fetch(url)).arrayBuffer()).byteLength;
const elsewhere = await fetch("https://example.com/").then(
  (answer) => answer.text(),
  (refusal) => `${refusal.cause}`,
);
console.log(JSON.stringify({ url, size_bytes, elsewhere }));
