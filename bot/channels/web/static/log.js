// The conversation on the page. Every entry has a key; the same key is never shown twice.

const NEAR_END_PX = 160;
const AT_END_PX = 48;
const TREMBLE_MS = 1_500;
const EMERGENCY_NUMBERS = ["120", "119", "110"];

export class Log {
  constructor({ texts, onTap }) {
    this.texts = texts;
    this.onTap = onTap;
    this.box = document.getElementById("log");
    this.main = document.querySelector("main");
    this.end = document.getElementById("waiting");
    this.below = document.getElementById("below");
    this.hasNew = false;
    this.box.addEventListener("click", (event) => this.tapped(event.target.closest("button.choice")));
    this.below.addEventListener("click", () => this.goDown());
    this.isFollowing = true;
    document.addEventListener("scroll", () => this.moved(), { capture: true, passive: true });
    addEventListener("resize", () => this.resized());
    this.box.querySelectorAll(".entry.urgent").forEach((entry) => this.offerCalls(entry));
    this.markChoices();
    this.showLast();
  }

  find(key) {
    return this.box.querySelector(`.entry[data-key="${CSS.escape(key)}"]`);
  }

  findSent(id) {
    return id ? this.box.querySelector(`.entry[data-sent-as="${CSS.escape(id)}"]`) : null;
  }

  // Show what the server has. True when it is something new of ours.
  add(entry) {
    if (this.find(entry.key)) return false;
    if (entry.replaces) return this.edit(entry);
    const pending = this.findSent(entry.sent_as);
    if (pending) {
      this.settle(pending, entry);
      return false;
    }
    const stay = !this.isNearEnd();
    const node = this.draw(entry);
    this.place(node, entry);
    this.markChoices();
    this.hasNew = stay && entry.side === "ours";
    if (!stay) this.show(node);
    this.tellBelow();
    return entry.side === "ours";
  }

  // Show what was just typed or tapped, before the server has it.
  addPending(id, text) {
    if (this.findSent(id)) return;
    const now = new Date(Date.now() + 8 * 3600_000).toISOString();
    const node = this.draw({
      side: "own", key: "", sent_as: id, text, choices: [], urgent: false,
      time: now.slice(11, 16), day: now.slice(0, 10), day_words: "",
    });
    this.box.append(node);
    this.toEnd();
  }

  fate(id, name, words) {
    const node = this.findSent(id);
    if (!node) return;
    node.classList.remove("sending", "retrying", "refused");
    if (words) node.classList.add(name);
    node.querySelector(".fate").textContent = words;
  }

  // Put older entries on top; what is being read stays where it is.
  prepend(entries) {
    const height = this.scroller.scrollHeight;
    const first = this.box.firstElementChild;
    this.box.setAttribute("aria-live", "off");
    let day = "";
    for (const entry of entries.filter((one) => !this.find(one.key))) {
      if (entry.day !== day) this.box.insertBefore(this.drawDay(entry), first);
      day = entry.day;
      this.box.insertBefore(this.draw(entry), first);
    }
    if (first?.matches(".day") && first.dataset.day === day) first.remove();
    this.markChoices();
    this.scroller.scrollTop += this.scroller.scrollHeight - height;
    setTimeout(() => this.box.setAttribute("aria-live", "polite"), 500);
  }

  edit(entry) {
    const node = this.find(entry.replaces);
    if (node) {
      node.querySelector(".text").textContent = entry.text;
      this.fillChoices(node, entry.choices);
      if (node.classList.contains("urgent")) this.offerCalls(node);
      this.markChoices();
    }
    return false;
  }

  settle(node, entry) {
    node.dataset.key = entry.key;
    node.querySelector(".text").textContent = entry.text;
    node.querySelector("time").textContent = entry.time;
    this.fate(entry.sent_as, "stored", "");
    this.separate(node, entry);
  }

  // True when something of ours already stands below what was sent under this id.
  isAnswered(id) {
    const sent = this.findSent(id);
    return sent !== null && [...this.box.querySelectorAll(".ours")].some((one) => isBelow(one, sent));
  }

  // What has not reached the server stays below what has.
  place(node, entry) {
    const pending = this.box.querySelector('.entry.own[data-key=""]');
    const before = pending?.matches(".retrying, .refused") ? pending : null;
    this.box.insertBefore(node, before);
    this.separate(node, entry);
  }

  // Put the date above the first entry of a day.
  separate(node, entry) {
    const days = this.box.querySelectorAll(".day");
    if (days.item(days.length - 1)?.dataset.day !== entry.day) node.before(this.drawDay(entry));
  }

  draw(entry) {
    const blank = document.getElementById("blank-" + entry.side);
    const node = blank.content.firstElementChild.cloneNode(true);
    node.dataset.key = entry.key;
    node.dataset.day = entry.day;
    node.dataset.sentAs = entry.sent_as;
    node.querySelector(".text").textContent = entry.text;
    node.querySelector("time").textContent = entry.time;
    if (entry.side === "ours") this.fillChoices(node, entry.choices);
    if (entry.urgent) {
      node.classList.add("urgent");
      this.offerCalls(node);
    }
    return node;
  }

  drawDay(entry) {
    const day = document.createElement("p");
    day.className = "day";
    day.dataset.day = entry.day;
    day.textContent = entry.day_words;
    return day;
  }

  fillChoices(node, choices) {
    const group = node.querySelector(".choices");
    group.replaceChildren(...choices.map((row) => {
      const line = document.createElement("div");
      line.className = "row";
      line.append(...row.map(drawChoice));
      return line;
    }));
    group.hidden = choices.length === 0;
  }

  // In danger the number to call is a button as wide as the page.
  offerCalls(node) {
    node.querySelectorAll(".call").forEach((call) => call.remove());
    const said = node.querySelector(".text").textContent.split(/[^0-9]+/);
    for (const number of EMERGENCY_NUMBERS.filter((one) => said.includes(one)).reverse()) {
      const call = document.createElement("a");
      call.className = "call";
      call.href = "tel:" + number;
      call.textContent = `${this.texts.call} ${number}`;
      node.prepend(call);
    }
  }

  // The last buttons are the question that is open; earlier ones, and all those above a word of
  // danger, step back but still work.
  markChoices() {
    const groups = [...this.box.querySelectorAll(".choices:not([hidden])")];
    const danger = [...this.box.querySelectorAll(".entry.urgent")].pop();
    groups.forEach((group, index) => {
      const isLast = index === groups.length - 1;
      const isOver = group.querySelector(".chosen") || (danger && isBelow(danger, group));
      const isNow = isLast && !isOver;
      group.classList.toggle("now", isNow);
      group.classList.toggle("before", !isNow);
    });
  }

  tapped(button) {
    const entry = button?.closest(".entry[data-key]");
    if (!entry) return;
    // A trembling finger taps the same button twice.
    const now = Date.now();
    if (now - Number(button.dataset.tappedAt ?? 0) < TREMBLE_MS) return;
    button.dataset.tappedAt = String(now);
    entry.querySelectorAll(".chosen").forEach((other) => other.classList.remove("chosen"));
    button.classList.add("chosen");
    this.markChoices();
    this.onTap({
      action: button.dataset.action,
      tapped: entry.dataset.key.split("-")[1],
      label: button.textContent,
    });
  }

  // On a small or much enlarged screen the whole page scrolls instead of its middle.
  get scroller() {
    const isOwn = getComputedStyle(this.main).overflowY !== "visible";
    return isOwn ? this.main : document.scrollingElement;
  }

  moved() {
    this.isFollowing = this.isNearEnd();
    this.tellBelow();
  }

  // The keyboard of a phone comes and goes: whoever was at the end stays there.
  resized() {
    if (this.isFollowing) this.toEnd();
    else this.tellBelow();
  }

  showLast() {
    if (this.box.querySelector(".entry[data-key]")) this.show(this.box.lastElementChild);
    else this.tellBelow();
  }

  // The part of the screen the conversation is seen in.
  view() {
    if (this.scroller === this.main) return this.main.getBoundingClientRect();
    return { top: 0, bottom: document.documentElement.clientHeight };
  }

  remaining() {
    return this.end.getBoundingClientRect().top - this.view().bottom;
  }

  isNearEnd() {
    return this.remaining() < NEAR_END_PX;
  }

  // A message taller than the screen is shown from its first line.
  show(node) {
    this.toEnd();
    const over = this.view().top - node.getBoundingClientRect().top;
    if (over > 0) this.scroller.scrollTop -= over + 8;
    this.tellBelow();
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.tellBelow();
  }

  // Whoever cannot see that a page goes on is told so in words.
  tellBelow() {
    if (this.remaining() < AT_END_PX) this.hasNew = false;
    this.below.hidden = this.remaining() < AT_END_PX;
    this.below.textContent = this.hasNew ? this.texts.new_below : this.texts.more_below;
  }

  // On by a screen, or straight to the last message when that is further away.
  goDown() {
    const screen = this.scroller.clientHeight;
    const last = this.box.querySelector(".entry[data-key]:last-child");
    const isFar = last && last.getBoundingClientRect().top > 2 * screen;
    if (isFar) this.showLast();
    else this.scroller.scrollBy({ top: 0.85 * screen });
    this.tellBelow();
  }
}

// A choice is sent; one that opens a page of ours is a link.
function drawChoice({ label, action, href }) {
  const choice = document.createElement(href ? "a" : "button");
  choice.className = "choice";
  choice.textContent = label;
  if (href) {
    choice.href = href;
  } else {
    choice.type = "button";
    choice.dataset.action = action;
  }
  return choice;
}

// True when one stands below the other.
function isBelow(one, other) {
  return Boolean(other.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
}
