// Keeps the open page up to date, and presses buttons without leaving it. Without this file every page and
// button works all the same.
"use strict";

const FRESH_EVERY_MS = 250;
const COME_BACK_MS = 3000;

// --- the page, made the same as a newer one: only what differs is touched, so focus, scroll and whatever is
// --- being typed stay where they are

const KEPT = { DETAILS: ["open"], BUTTON: ["hidden", "aria-busy"], DIV: ["hidden"], SPAN: ["data-live"], H1: ["tabindex"] };

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
  if (old.id === "notice" || old.id === "live" || old.hasAttribute("data-refused")) return;
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

let asking = null, coming = null, fetchedAt = 0;

// Over when the page is as new as this call. Whoever comes before the server is asked shares the answer.
function freshen() {
  coming ??= renew(asking);
  return coming;
}

async function renew(before) {
  await before;
  await new Promise((go) => setTimeout(go, Math.max(0, fetchedAt + FRESH_EVERY_MS - Date.now())));
  asking = coming;
  coming = null;
  fetchedAt = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (fresh.getElementById("content")) show(fresh);
  } catch { lose(); }
}

function show(fresh) {
  const before = document.body.dataset.process, now = fresh.body.dataset.process;
  if (isAway) { isAway = false; hush(); }
  makeSame(document.body, fresh.body);
  document.title = fresh.title;
  prepare();
  if (before && now && before !== now) tell("The server was restarted. It began anew: what was here before is gone.");
}

// --- what the server tells

let stream = null, wasLost = false, isAway = false;

function live(state, words) {
  const sign = document.getElementById("live");
  if (sign) { sign.dataset.live = state; sign.textContent = words; }
}

// The server is away: what stands here is from before. The event stream tells when it is back.
function lose() {
  if (!isAway) tell("The server does not answer. What you see is from before; this page goes on when it is back.");
  isAway = true;
  const pill = document.querySelector("#clock .pill");
  if (pill) { pill.className = "pill past"; pill.textContent = "no connection"; }
}

function listen() {
  if (stream || document.hidden) return;
  stream = new EventSource(document.body.dataset.events);
  stream.onopen = () => { live("on", "live"); if (wasLost) { wasLost = false; freshen(); } };
  stream.onmessage = freshen;
  stream.onerror = () => {
    wasLost = true;
    live("lost", "server is away");
    if (!isAway) freshen();
    if (stream && stream.readyState === EventSource.CLOSED) { hangUp(); setTimeout(listen, COME_BACK_MS); }
  };
}

function hangUp() { if (stream) { stream.close(); stream = null; } }

// A tab that nobody sees takes no connection.
document.addEventListener("visibilitychange", () => { if (document.hidden) hangUp(); else { wasLost = true; listen(); } });
addEventListener("pagehide", hangUp);

// --- buttons

function hush() {
  const notice = document.getElementById("notice");
  if (!notice || notice.hidden) return;
  const hadFocus = notice.contains(document.activeElement);
  notice.hidden = true;
  if (hadFocus) document.getElementById("content").focus({ preventScroll: true });
}

// It stays until there is something else to tell, or whoever has read it puts it away.
function tell(words, { call = "", isWrong = false } = {}) {
  const notice = document.getElementById("notice");
  if (!notice) return;
  hush();
  const code = document.createElement("code");
  code.textContent = code.title = call;
  const away = document.createElement("button");
  Object.assign(away, { type: "button", textContent: "×", ariaLabel: "Put away", onclick: hush });
  notice.replaceChildren(words, ...(call ? [" ", code] : []), ...(isWrong || !call ? [away] : []));
  notice.classList.toggle("wrong", isWrong);
  notice.hidden = false;
  keepClear();
}

// What is scrolled to stands below the clock, and below what is told there.
function keepClear() {
  const told = document.getElementById("notice");
  const height = document.getElementById("clock").offsetHeight + told.offsetHeight;
  document.documentElement.style.scrollPaddingTop = `${height + 12}px`;
}

// What was wrong with a form stands under the fields until it is pressed again. The page may be renewed around it.
function complain(form, complaints) {
  for (const each of form.querySelectorAll(".wrong")) each.remove();
  for (const each of form.querySelectorAll("[aria-invalid]")) {
    each.removeAttribute("aria-invalid");
    each.removeAttribute("aria-describedby");
  }
  form.toggleAttribute("data-refused", complaints.length > 0);
  const wrong = [];
  for (const { field, detail } of complaints) {
    const control = form.elements.namedItem(field);
    if (!control?.labels?.length) continue;
    const said = document.createElement("span");
    said.className = "wrong";
    said.id = `wrong-${field}`;
    said.ariaHidden = "true"; // a description, and no part of the label's name
    said.textContent = control.labels[0].firstChild.textContent.trim() + detail;
    control.after(said);
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", said.id);
    wrong.push(control);
  }
  wrong[0]?.focus();
}

async function press(form, button) {
  if (button) button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.getAttribute("action"), { // a field of this name would hide the property
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
    });
    const { call, status, detail, fields = [] } = await answer.json();
    const isDone = status < 400;
    tell(detail || "Done", { call, isWrong: !isDone });
    complain(form, fields);
    if (isDone) {
      form.reset();
      // The next press asks twice again.
      form.closest("details.danger")?.removeAttribute("open");
    }
  } catch { lose(); }
  if (button) button.removeAttribute("aria-busy");
  await freshen();
  // The button has done its work and is gone.
  if (document.activeElement === document.body) {
    const title = document.querySelector("h1");
    title?.setAttribute("tabindex", "-1");
    title?.focus({ preventScroll: true });
  }
  listen();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const asks = event.target.closest("details.danger[open]") || document.querySelector("details.danger[open]");
  if (!asks) { hush(); return; }
  asks.removeAttribute("open");
  asks.querySelector("summary").focus();
});

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

// --- a command that says what the fields above it say

function mirror() {
  for (const code of document.querySelectorAll("[data-body-of]")) {
    const fields = new FormData(document.getElementById(code.dataset.bodyOf));
    const named = [...fields].filter(([name, value]) => value && name !== "call" && name !== "back")
      .map(([name, value]) => name.endsWith(":number") ? [name.slice(0, -7), Number(value)] : [name, value]);
    const body = JSON.stringify(Object.fromEntries(named)).replaceAll("'", "'\\''");
    code.textContent = code.textContent.replace(/(?<=--data-binary ).*/, () => `'${body}'`);
  }
}

document.addEventListener("input", mirror);

// --- time that passes between two states of the page

const SPANS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
let shownAt = Date.now();

function ago(seconds) {
  const size = Math.abs(seconds);
  const [name, length] = SPANS.find(([, length]) => size >= length);
  const words = `${Math.round(size / length)} ${name}`;
  return seconds < 0 ? `in ${words}` : `${words} ago`;
}

function tick() {
  const clock = document.getElementById("clock");
  if (!clock || document.hidden || isAway || clock.dataset.runs !== "yes") return;
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
  mirror();
}

prepare();
if (document.getElementById("clock")) {
  const observer = new ResizeObserver(keepClear);
  for (const id of ["clock", "notice"]) observer.observe(document.getElementById(id));
}
// The menu of a phone is wider than the phone.
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
setInterval(tick, 1000);
listen();
