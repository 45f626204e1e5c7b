// Draws a fox at Krea's own address with Axios, and tries to get elsewhere.
const axios = require(process.argv[2]);

(async () => {
  const api = "https://api.krea.ai";
  const headers = { Authorization: `Bearer ${process.env.KREA_API_KEY}` };
  const body = { prompt: "a fox" };
  const submitted = (await axios.post(`${api}/generate/image/bfl/flux-1-dev`, body, { headers })).data;
  const job = (await axios.get(`${api}/jobs/${submitted.job_id}`, { headers })).data;
  const url = job.result.urls[0];
  const size_bytes = (await axios.get(url, { responseType: "arraybuffer" })).data.length;
  const elsewhere = await axios.get("https://example.com/").then(
    (answer) => answer.data,
    (refusal) => `${refusal} ${refusal.response?.data}`,
  );
  console.log(JSON.stringify({ url, size_bytes, elsewhere }));
})();
