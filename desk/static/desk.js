// What a page of the desk does by itself: keeps half-written words, fills in usual reasons,
// forgets words that were sent, says when nothing could be sent.
"use strict";
(() => {
  const body = document.body;
  const place = (field) => `junxiu-desk:${body.dataset.clerk}:${location.pathname}:${field.name}`;
  const drafts = () => document.querySelectorAll(
    "form[data-draft] textarea, form[data-keep] :is(input:not([type=hidden]), select)");
  const notice = document.getElementById("notice");

  const say = (text) => {
    const line = document.createElement("p");
    line.className = "bad";
    line.textContent = text;
    notice.replaceChildren(line);
  };

  for (const field of drafts()) {
    // A field that was emptied stays empty.
    field.value = sessionStorage.getItem(place(field)) ?? field.value;
    field.addEventListener("input", () => sessionStorage.setItem(place(field), field.value));
  }

  for (const pick of document.querySelectorAll("[data-fill]")) {
    pick.addEventListener("click", () => {
      const field = document.getElementById(pick.dataset.fill);
      const usual = [...document.querySelectorAll(`[data-fill="${pick.dataset.fill}"]`)];
      const untouched = !field.value.trim() || usual.some((each) => each.textContent === field.value);
      field.value = untouched ? pick.textContent : `${field.value.trim()} ${pick.textContent}`;
      field.dispatchEvent(new Event("input"));
      field.focus();
    });
  }

  // What was read from a document stays in its form; only what was typed over it is forgotten.
  const forget = (form) => {
    for (const field of form.elements) sessionStorage.removeItem(place(field));
  };
  body.addEventListener("desk-done", (event) => {
    const kept = event.target.closest("form[data-keep]");
    if (kept) forget(kept);
    const form = event.target.closest("form[data-draft]");
    if (!form) return;
    for (const field of form.querySelectorAll("textarea")) {
      field.value = "";
      sessionStorage.removeItem(place(field));
    }
  });

  body.addEventListener("htmx:beforeOnLoad", (event) => {
    const form = event.target.closest && event.target.closest("form[data-keep]");
    const target = event.detail.xhr.getResponseHeader("HX-Redirect") || "";
    if (form && target.includes("?done=")) forget(form);
  });

  // Before it is sent: half of a file that is too large may never get an answer.
  const LARGEST_FILE = 50 * 1000 * 1000;
  document.addEventListener("submit", (event) => {
    const file = event.target.querySelector("input[type=file]");
    if (!file || !file.files.length || file.files[0].size <= LARGEST_FILE) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say(event.target.dataset.tooLarge);
  }, true);

  body.addEventListener("htmx:sendError", (event) => {
    if (event.detail.requestConfig.verb === "post") say(body.dataset.notSent);
  });

  // What was done is read in a few seconds; what was not done stays until the next act.
  let reading = 0;
  body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== notice) return;
    clearTimeout(reading);
    if (notice.querySelector(".good")) reading = setTimeout(() => notice.replaceChildren(), 12000);
  });

  // A part that reads the same stays as it is: nothing moves under a finger, nothing is read out
  // again. One that did change cannot be pressed for a moment (see desk.css), so that the second
  // half of a double click never falls on the button that took the first one's place.
  body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const fresh = event.detail.fragment.firstElementChild;
    if (fresh && event.detail.target.isEqualNode(fresh)) event.detail.shouldSwap = false;
  });

  for (const form of document.querySelectorAll("form[data-forget]")) {
    form.addEventListener("submit", () => sessionStorage.clear());
  }
})();
