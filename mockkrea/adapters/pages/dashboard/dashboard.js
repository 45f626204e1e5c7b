// Keeps the open page up to date, and presses buttons without leaving it. Without this file every page and
// button works all the same.
"use strict";

const FRESH_EVERY_MS = 250;
const NOTICE_MS = 6000;
const COME_BACK_MS = 3000;

// --- the page, made the same as a newer one: only what differs is touched, so focus, scroll and whatever is
// --- being typed stay where they are

const KEPT = { DETAILS: ["open"], BUTTON: ["hidden", "aria-busy"], DIV: ["hidden"], SPAN: ["data-live"] };

function sameAttributes(old, fresh) {
  const kept = KEPT[old.tagName] || [];
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !kept.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (!kept.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function fits(old, fresh) {
  return old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && (old.id || "") === (fresh.id || "");
}

function makeSame(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = fresh.nodeValue; return; }
  if (old.id === "notice" || old.id === "live") return;
  sameAttributes(old, fresh);
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    let found = place;
    while (found && !fits(found, wanted)) found = found.nextSibling;
    // What has a name may have moved; what has none is made new where it is missing.
    if (found && (found === place || wanted.id)) {
      if (found !== place) old.insertBefore(found, place); else place = place.nextSibling;
      makeSame(found, wanted);
    } else {
      old.insertBefore(document.adoptNode(wanted), place);
    }
  }
  while (place) { const next = place.nextSibling; place.remove(); place = next; }
}

let fetching = false, wanted = false, fetchedAt = 0;

async function freshen() {
  if (fetching) { wanted = true; return; }
  fetching = true;
  try {
    await new Promise((go) => setTimeout(go, Math.max(0, fetchedAt + FRESH_EVERY_MS - Date.now())));
    wanted = false;
    fetchedAt = Date.now();
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (fresh.querySelector("#clock")) { makeSame(document.body, fresh.body); prepare(); }
  } catch { /* the server is away; the event stream tells when it is back */ }
  fetching = false;
  if (wanted) freshen();
}

// --- what the server tells

let stream = null, wasLost = false;

function live(state, words) {
  const sign = document.getElementById("live");
  if (sign) { sign.dataset.live = state; sign.textContent = words; }
}

function listen() {
  if (stream || document.hidden) return;
  stream = new EventSource(document.body.dataset.events);
  stream.onopen = () => { live("on", "live"); if (wasLost) { wasLost = false; freshen(); } };
  stream.onmessage = freshen;
  stream.onerror = () => {
    wasLost = true;
    live("lost", "server is away");
    if (stream && stream.readyState === EventSource.CLOSED) { hangUp(); setTimeout(listen, COME_BACK_MS); }
  };
}

function hangUp() { if (stream) { stream.close(); stream = null; } }

// A tab that nobody sees takes no connection.
document.addEventListener("visibilitychange", () => { if (document.hidden) hangUp(); else { wasLost = true; listen(); } });
addEventListener("pagehide", hangUp);

// --- buttons

let noticeEnds = 0;

function tell(words, call, isWrong) {
  const notice = document.getElementById("notice");
  notice.replaceChildren(words);
  if (call) { const code = document.createElement("code"); code.textContent = call; notice.append(code); }
  notice.classList.toggle("wrong", isWrong);
  notice.hidden = false;
  clearTimeout(noticeEnds);
  noticeEnds = setTimeout(() => { notice.hidden = true; }, NOTICE_MS);
}

async function press(form, button) {
  if (button) button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.getAttribute("action"), { // a field of this name would hide the property
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
    });
    const { call, status, detail } = await answer.json();
    tell(detail || "Done", call, status >= 400);
    if (status < 400) form.reset();
  } catch { tell("The server does not answer.", "", true); }
  if (button) button.removeAttribute("aria-busy");
  freshen();
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.act")) return;
  event.preventDefault();
  press(event.target, event.submitter);
});

document.addEventListener("click", async (event) => {
  if (!event.target.matches("[data-copy]")) return;
  const text = event.target.parentElement.querySelector("code").textContent;
  try { await navigator.clipboard.writeText(text); event.target.textContent = "Copied"; }
  catch { event.target.textContent = "Select it"; getSelection().selectAllChildren(event.target.previousElementSibling); }
  setTimeout(() => { event.target.textContent = "Copy"; }, 1500);
});

// --- time that passes between two states of the page

const SPANS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
let shownAt = Date.now();

function ago(seconds) {
  const size = Math.abs(seconds);
  for (const [name, length] of SPANS) {
    if (size >= length) {
      const words = `${Math.floor(size / length)} ${name}`;
      return seconds < 0 ? `in ${words}` : `${words} ago`;
    }
  }
  return `${size.toFixed(1)} s ago`;
}

function tick() {
  const clock = document.getElementById("clock");
  if (!clock || document.hidden || clock.dataset.runs !== "yes") return;
  const now = Number(clock.dataset.now) + Date.now() - shownAt;
  const put = (place, words) => { if (place.textContent !== words) place.textContent = words; };
  put(clock.querySelector(".now"), new Date(now).toISOString().slice(0, 19).replace("T", " "));
  for (const each of document.querySelectorAll("time[data-at]")) {
    const seconds = (now - Number(each.dataset.at)) / 1000;
    if (seconds >= 1) put(each, ago(seconds));
  }
}

function prepare() {
  shownAt = Date.now();
  for (const each of document.querySelectorAll("[data-copy]")) each.hidden = false;
}

prepare();
// The menu of a phone is wider than the phone.
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
setInterval(tick, 1000);
listen();
