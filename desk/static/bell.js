// Rings while an emergency waits for someone. Browsers let a page sound only after it was
// touched once: any touch or key opens the bell, and the button asks for one and lets it be heard.
"use strict";
(() => {
  const button = document.getElementById("bell");
  const plainTitle = document.title;
  let context = null;
  let beat = 0;
  let flash = false;

  const sounding = () => context !== null && context.state === "running";
  const waiting = () => [...document.querySelectorAll("#emergencies [data-ringing]")];

  function show() {
    const blocked = waiting().length > 0 && !sounding();
    button.textContent = sounding() ? button.dataset.on : blocked ? button.dataset.blocked : button.dataset.open;
    button.classList.toggle("alarm", blocked);
    document.documentElement.dataset.bell = sounding() ? "on" : "off";
  }

  function open() {
    context = context || new AudioContext();
    // Without a touch this promise stays open until there is one; the page must not wait for it.
    context.resume().then(show);
    context.onstatechange = show;
    show();
  }

  function tone() {
    if (!sounding()) return;
    for (const [offset, pitch] of [[0, 880], [0.35, 660]]) {
      const sound = context.createOscillator();
      const volume = context.createGain();
      const start = context.currentTime + offset;
      sound.frequency.value = pitch;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.5, start + 0.03);
      volume.gain.linearRampToValueAtTime(0, start + 0.32);
      sound.connect(volume).connect(context.destination);
      sound.start(start);
      sound.stop(start + 0.34);
    }
  }

  function ring() {
    const first = waiting()[0];
    if (!first) {
      clearInterval(beat);
      beat = 0;
      document.title = plainTitle;
      return;
    }
    flash = !flash;
    document.title = `${flash ? "●" : "○"} ${button.dataset.title}：${first.dataset.ringing}`;
    tone();
  }

  function look() {
    show();
    document.documentElement.dataset.ringing = waiting().length > 0 ? "yes" : "no";
    if (waiting().length > 0 && !beat) {
      ring();
      beat = setInterval(ring, 1200);
      if (navigator.vibrate) navigator.vibrate([400, 200, 400]);
    } else if (waiting().length === 0) {
      ring();
    }
  }

  button.addEventListener("click", () => {
    open();
    setTimeout(tone, 100);
  });
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, () => { if (!sounding()) open(); });
  }
  open();
  document.body.addEventListener("htmx:oobAfterSwap", look);
  look();
})();
