// The page: what is typed and tapped goes out, what comes is shown, in letters as large as wanted.

import { get, post, sentenceOf, startOver } from "./asking.js";
import { Incoming } from "./incoming.js";
import { forget, keep, kept, onOthersChange } from "./keeping.js";
import { Log } from "./log.js";
import { Outgoing } from "./outgoing.js";

const LONGEST = 100_000;
const SHOWN = 2_000;
const PATIENCE_MS = 30_000;

const texts = JSON.parse(document.getElementById("texts").textContent);
const $ = (id) => document.getElementById(id);
const input = $("input");

const log = new Log({
  texts,
  onTap: ({ action, tapped, label }) => outgoing.add({ action, tapped }, label),
});
const outgoing = new Outgoing(onFate);
new Incoming(document.body.dataset.place, { onEntry, onWho, onLine });

function onFate(item, fate, sentence) {
  const { id } = item.body;
  if (item.shown && fate !== "stored") log.addPending(id, item.shown);
  if (fate === "stored") {
    log.fate(id, fate, "");
    say("");
    if (!log.isAnswered(id)) wait();
  } else {
    log.fate(id, fate, texts[fate]);
    if (sentence) say(sentence);
    if (fate === "refused" && item.body.text && !input.value) setInput(item.body.text);
  }
}

function onEntry(entry) {
  if (log.add(entry)) wait(false);
  $("try")?.setAttribute("hidden", "");
}

function onWho(who) {
  const line = $("who");
  const [before, name, role] = line.children;
  const changed = name.textContent !== who.name;
  before.hidden = false;
  name.textContent = who.name;
  role.textContent = `（${who.role}）`;
  $("code")?.remove();
  // Another tab has chosen: the page needs its other buttons.
  if (changed && $("chooser")) location.reload();
}

function onLine(isThere) {
  if (!isThere) say(texts.offline);
  else if ($("notice").textContent === texts.offline) say("");
}

function say(sentence) {
  $("notice").textContent = sentence;
}

// Tell that the message has come in and an answer is on its way.
let waiting;
function wait(isOn = true) {
  clearTimeout(waiting);
  $("waiting").textContent = isOn ? texts.thinking : "";
  if (!isOn) return;
  waiting = setTimeout(() => { $("waiting").textContent = texts.still_thinking; }, PATIENCE_MS);
  if (log.isNearEnd()) log.toEnd();
}

function setInput(text) {
  input.value = text;
  keep("draft", text);
}

function send() {
  const text = input.value.slice(0, LONGEST);
  if (!text.trim()) {
    say(texts.empty);
    input.focus();
    return;
  }
  if ($("notice").textContent !== texts.offline) say("");
  sayIt(text);
  input.value = "";
  forget("draft");
}

function sayIt(text) {
  $("try")?.setAttribute("hidden", "");
  outgoing.add({ text }, text.length > SHOWN ? text.slice(0, SHOWN) + "……" : text);
}

function composer() {
  if (!input.value) input.value = kept("draft") ?? "";
  input.addEventListener("input", () => keep("draft", input.value));
  growInput();
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  });
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
    input.focus();
  });
  const refuseFiles = (event) => {
    const carried = event.clipboardData ?? event.dataTransfer;
    if (!carried?.types.includes("Files") || carried.types.includes("text/plain")) return;
    event.preventDefault();
    if (event.type !== "dragover") say(texts.no_pictures);
  };
  ["paste", "dragover", "drop"].forEach((name) => addEventListener(name, refuseFiles));
}

// Browsers that cannot do this by style alone.
function growInput() {
  if (CSS.supports("field-sizing", "content")) return;
  const grow = () => {
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight + input.offsetHeight - input.clientHeight}px`;
  };
  input.addEventListener("input", grow);
  $("composer").addEventListener("submit", grow);
  grow();
}

function size() {
  const root = document.documentElement;
  const draw = (isLarge) => {
    root.classList.toggle("large", isLarge);
    $("size").textContent = isLarge ? $("size").dataset.normal : $("size").dataset.larger;
  };
  const choose = (isLarge) => {
    draw(isLarge);
    keep("size", isLarge ? "large" : "normal");
    document.cookie = `junxiu_size=${isLarge ? "large" : "normal"}; path=/chat; max-age=31536000; samesite=lax`;
  };
  if (kept("size") === "large" && !root.classList.contains("large")) choose(true);
  $("size").addEventListener("click", () => {
    const wasNearEnd = log.isNearEnd();
    choose(!root.classList.contains("large"));
    if (wasNearEnd) log.showLast();
  });
}

function earlier() {
  let before = document.body.dataset.earlier;
  const button = $("earlier");
  button.addEventListener("click", async () => {
    try {
      const response = await get("/chat/messages?before=" + before);
      if (!response.ok) throw new Error(String(response.status));
      const page = await response.json();
      log.prepend(page.entries);
      before = page.earlier;
      button.hidden = !before;
    } catch {
      say(texts.offline);
    }
  });
}

async function choose(personId) {
  try {
    const response = await post("/chat/identity", { person_id: personId });
    if (response.ok || response.status === 409) changeOver();
    else if (response.status === 401) startOver();
    else say(await sentenceOf(response));
  } catch {
    say(texts.offline);
  }
}

async function leave() {
  try {
    const response = await post("/chat/identity/leave", {});
    if (!response.ok) return say(await sentenceOf(response));
    outgoing.clear();
    forget("draft");
    input.value = "";
    changeOver();
  } catch {
    say(texts.offline);
  }
}

function changeOver() {
  keep("who", String(Date.now()));
  location.reload();
}

function identity() {
  onOthersChange("who", () => location.reload());
  document.querySelectorAll("[data-person]").forEach((button) => {
    button.addEventListener("click", () => choose(Number(button.dataset.person)));
  });
  $("just-ask")?.addEventListener("click", () => {
    $("chooser").hidden = true;
    $("welcome")?.removeAttribute("hidden");
    $("try")?.removeAttribute("hidden");
    input.focus();
  });
  $("open-chooser")?.addEventListener("click", () => {
    $("chooser").hidden = false;
    $("chooser").scrollIntoView();
    $("chooser").querySelector("button").focus();
  });
  $("change")?.addEventListener("click", () => $("change-dialog").showModal());
  $("change-yes").addEventListener("click", leave);
  $("change-no").addEventListener("click", () => $("change-dialog").close());
  $("code")?.addEventListener("click", () => input.focus());
  document.querySelectorAll("[data-say]").forEach((button) => {
    button.addEventListener("click", () => sayIt(button.dataset.say));
  });
}

// A binding link works once: it becomes a message and leaves the address.
function bindingLink() {
  const code = new URLSearchParams(location.search).get("code");
  if (code) outgoing.add({ command: "start", text: code }, "");
  if (location.search) history.replaceState(null, "", location.pathname);
}

composer();
size();
earlier();
identity();
bindingLink();
outgoing.resume();
$("unready").remove();
document.querySelectorAll("button:disabled").forEach((button) => { button.disabled = false; });
