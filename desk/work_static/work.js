// Marks are kept on the phone until the house has them: a stairwell has no signal.
"use strict";
(() => {
  const key = `marks ${location.pathname}`;
  const words = document.body.dataset;
  let sending = false;

  const read = () => {
    try { return JSON.parse(localStorage.getItem(key) || "[]"); } catch { return []; }
  };
  const write = (marks) => {
    try { localStorage.setItem(key, JSON.stringify(marks)); } catch { /* Private windows keep nothing. */ }
    kept = marks;
  };
  let kept = read();

  const show = (stop, text, state) => {
    const row = document.getElementById(stop);
    if (!row) return;
    row.querySelector(".state").textContent = text;
    row.className = `stop is-${state}`;
  };
  const offline = (is) => { document.getElementById("offline").hidden = !is; };

  async function send() {
    if (sending) return;
    sending = true;
    try {
      while (kept.length) {
        const mark = kept[0];
        const stop = new AbortController();
        const timer = setTimeout(() => stop.abort(), 15000);
        let answer;
        try {
          answer = await fetch(mark.to, {
            method: "POST", body: new URLSearchParams({ note: mark.note }), signal: stop.signal,
            headers: { Accept: "application/json" }, referrerPolicy: "no-referrer",
          });
        } finally { clearTimeout(timer); }
        // The house itself is in trouble, or asks for patience: later, not never.
        if (answer.status >= 500 || answer.status === 429) throw new Error("later");
        const said = await answer.json();
        offline(false);
        write(kept.slice(1));
        show(mark.stop, said.said, said.state || "waiting");
      }
    } catch {
      offline(true);
      for (const mark of kept) show(mark.stop, words.waiting, "waiting");
    } finally { sending = false; }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form.mark");
    if (!form) return;
    event.preventDefault();
    if (form.dataset.ask && !window.confirm(form.dataset.ask)) return;
    // A later mark for the same door stands behind an earlier one; the house takes them in order.
    write([...kept, { to: form.action, stop: form.dataset.stop, note: "" }]);
    show(form.dataset.stop, words.saving, "waiting");
    send();
  });
  window.addEventListener("online", send);
  setInterval(send, 8000);
  for (const mark of kept) show(mark.stop, words.waiting, "waiting");
  send();
})();
