// What must survive a reload, a crash or a flat battery is kept in the browser's own storage.
// Where a browser has none (private windows of some), it is kept for as long as the page lives.

const PREFIX = "junxiu.";
const memory = new Map();

export function keep(name, value) {
  memory.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Full or forbidden: the memory copy is what there is.
  }
}

export function kept(name) {
  try {
    const value = localStorage.getItem(PREFIX + name);
    if (value !== null) return value;
  } catch {
    // Forbidden: fall through to the memory copy.
  }
  return memory.get(name) ?? null;
}

export function forget(name) {
  memory.delete(name);
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // Forbidden: it was never there.
  }
}

export function keptNames(start) {
  const names = new Set([...memory.keys()]);
  try {
    for (let i = 0; i < localStorage.length; i += 1) {
      const key = localStorage.key(i);
      if (key.startsWith(PREFIX)) names.add(key.slice(PREFIX.length));
    }
  } catch {
    // Forbidden: only what this page has kept.
  }
  return [...names].filter((name) => name.startsWith(start)).sort();
}

// Another tab of this browser has changed what is kept under this name.
export function onOthersChange(name, act) {
  addEventListener("storage", (event) => {
    if (event.key === PREFIX + name) act();
  });
}
