// Keeps the open page live: the server says that something of the house has changed, the page
// then fetches its live parts anew (see the last element of house.html).
"use strict";
(() => {
  const body = document.body;
  const offline = document.getElementById("offline");
  let stream = null;
  let parked = false;
  let since = body.dataset.revision;
  let silence = 0;

  const refresh = () => htmx.trigger(body, "desk-changed");

  // A short break mends itself; only one that lasts is worth a clerk's attention.
  const lost = () => {
    if (!silence) silence = setTimeout(() => { offline.hidden = false; }, 4000);
  };
  const found = () => {
    clearTimeout(silence);
    silence = 0;
    offline.hidden = true;
  };

  function follow() {
    parked = false;
    stream = new EventSource(`${body.dataset.at}/live?since=${encodeURIComponent(since)}`);
    stream.addEventListener("hello", found);
    stream.addEventListener("changed", (event) => {
      since = event.data;
      refresh();
    });
    stream.addEventListener("parked", () => {
      parked = true;
      stream.close();
    });
    stream.addEventListener("error", () => {
      if (parked) return;
      lost();
      // The browser comes again by itself, except after an answer that is no stream: then the
      // session may be over, and fetching the page leads to the log-in.
      if (stream.readyState === EventSource.CLOSED) {
        setTimeout(refresh, 1500);
        setTimeout(follow, 3000);
      }
    });
  }

  const wake = () => {
    if (parked && document.visibilityState === "visible") follow();
  };
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("focus", wake);
  window.addEventListener("pageshow", (event) => {
    // Back from the browser's own store of pages: what is shown is as old as the visit.
    if (event.persisted) refresh();
  });
  window.addEventListener("pagehide", () => stream && stream.close());
  follow();
})();
