// What the person says goes into a queue in the browser first and leaves it when the server has it.
// The same thing always carries the same id, so that sending it again does no harm.

import { post, sentenceOf, startOver } from "./asking.js";
import { forget, keep, kept, keptNames } from "./keeping.js";

const START = "unsent.";
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 10_000];

export class Outgoing {
  // onFate(item, fate, sentence): fate is sending, retrying, stored or refused.
  constructor(onFate) {
    this.onFate = onFate;
    this.running = false;
    this.failures = 0;
    this.cutWait = () => {};
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => this.hurry());
  }

  // shown: the words for the page, or "" for what is not shown.
  add(body, shown) {
    const id = newId();
    const item = { body: { id, ...body }, shown };
    keep(START + String(Date.now()).padStart(14, "0") + "." + id, JSON.stringify(item));
    this.onFate(item, "sending", "");
    this.run();
  }

  // Everything an earlier life of this page has not got rid of.
  resume() {
    for (const name of keptNames(START)) {
      const item = read(name);
      if (item) this.onFate(item, "sending", "");
    }
    this.run();
  }

  clear() {
    keptNames(START).forEach(forget);
  }

  hurry() {
    this.failures = 0;
    this.cutWait();
    this.run();
  }

  async run() {
    if (this.running) return;
    this.running = true;
    let name;
    while ((name = keptNames(START)[0])) {
      const item = read(name);
      if (!item) forget(name);
      else if (await this.send(item)) forget(name);
      else await this.pause();
    }
    this.running = false;
  }

  // True when it need not be sent again.
  async send(item) {
    let response;
    try {
      response = await post("/chat/messages", item.body);
    } catch {
      this.onFate(item, "retrying", "");
      return false;
    }
    if (response.ok) {
      this.failures = 0;
      this.onFate(item, "stored", "");
      return true;
    }
    if (response.status === 401) startOver();
    const again = response.status >= 500 || [401, 408, 425, 429].includes(response.status);
    this.onFate(item, again ? "retrying" : "refused", await sentenceOf(response));
    return !again;
  }

  async pause() {
    const wait = WAITS_MS[Math.min(this.failures, WAITS_MS.length - 1)];
    this.failures += 1;
    await new Promise((resolve) => {
      this.cutWait = resolve;
      setTimeout(resolve, wait);
    });
  }
}

function read(name) {
  try {
    return JSON.parse(kept(name));
  } catch {
    return null;
  }
}

// crypto.randomUUID is missing on plain http addresses of a local network.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
