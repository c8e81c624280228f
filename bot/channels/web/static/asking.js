// The few ways this page talks to its server.

const TIMEOUT_MS = 15_000;

export async function post(path, body) {
  return fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-Junxiu-Chat": "1" },
    body: JSON.stringify(body),
    signal: patience(),
  });
}

export async function get(path) {
  return fetch(path, { credentials: "same-origin", cache: "no-store", signal: patience() });
}

// The sentence a refusal comes with, or "" when something else answered.
export async function sentenceOf(response) {
  try {
    return (await response.json()).say ?? "";
  } catch {
    return "";
  }
}

// The cookie is gone or unknown: a fresh page brings a new one. Not more than once a minute.
export function startOver() {
  const last = Number(sessionStorage.getItem("junxiu.over") ?? 0);
  if (Date.now() - last < 60_000) return;
  sessionStorage.setItem("junxiu.over", String(Date.now()));
  location.reload();
}

function patience() {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), TIMEOUT_MS);
  return controller.signal;
}
