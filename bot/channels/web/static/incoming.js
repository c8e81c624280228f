// What the server has for this page: a live stream while the page is looked at, and plain fetching
// whenever the stream is silent. The place says how far we have read; it only moves on.

import { get, startOver } from "./asking.js";

const SILENCE_MS = 35_000;
const LOOK_MS = 4_000;

export class Incoming {
  constructor(place, { onEntry, onWho, onLine }) {
    this.place = place;
    this.on = { onEntry, onWho, onLine };
    this.source = null;
    this.heard = 0;
    this.fetching = false;
    addEventListener("online", () => this.wake());
    addEventListener("pageshow", () => this.wake());
    addEventListener("offline", () => this.on.onLine(false));
    document.addEventListener("visibilitychange", () => {
      // A browser opens six connections to a server at most, so a page nobody sees gives its own back.
      if (document.hidden) this.close();
      else this.wake();
    });
    setInterval(() => this.check(), LOOK_MS);
    if (!document.hidden) this.open();
  }

  wake() {
    if (document.hidden) return;
    this.fetch();
    this.open();
  }

  isWell() {
    return this.source?.readyState === EventSource.OPEN && Date.now() - this.heard < SILENCE_MS;
  }

  check() {
    if (document.hidden || this.isWell()) return;
    this.fetch();
    const waiting = this.source?.readyState === EventSource.CONNECTING;
    if (!waiting || Date.now() - this.opened > SILENCE_MS) this.open();
  }

  open() {
    this.close();
    this.opened = Date.now();
    const source = new EventSource("/chat/stream?after=" + this.place);
    this.source = source;
    const hear = (act) => (event) => {
      this.heard = Date.now();
      if (act) act(JSON.parse(event.data));
      if (event.lastEventId) this.goOn(event.lastEventId);
    };
    source.addEventListener("ready", hear(() => this.on.onLine(true)));
    source.addEventListener("ping", hear(null));
    source.addEventListener("entry", hear((entry) => this.on.onEntry(entry)));
    source.addEventListener("who", hear((who) => this.on.onWho(who)));
  }

  close() {
    this.source?.close();
    this.source = null;
  }

  async fetch() {
    if (this.fetching) return;
    this.fetching = true;
    try {
      const response = await get("/chat/messages?after=" + this.place);
      if (response.status === 401) startOver();
      if (response.ok) {
        const news = await response.json();
        this.on.onLine(true);
        if (news.who) this.on.onWho(news.who);
        news.entries.forEach((entry) => this.on.onEntry(entry));
        this.goOn(news.place);
      }
    } catch {
      this.on.onLine(false);
    } finally {
      this.fetching = false;
    }
  }

  goOn(place) {
    const [outbox, inbox] = place.split("-").map(Number);
    const [ownOutbox, ownInbox] = this.place.split("-").map(Number);
    this.place = Math.max(outbox, ownOutbox) + "-" + Math.max(inbox, ownInbox);
  }
}
