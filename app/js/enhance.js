// Progressive enhancement: every page works without this file. It adds what HTML cannot do, by data attributes, and knows no words
// of its own: they come with the page.

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const typing = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

// Announces what has happened to people who do not see it happen.
const herald = document.createElement("p");
herald.className = "visually-hidden";
herald.setAttribute("role", "status");
document.body.append(herald);
const announce = (words) => { herald.textContent = ""; requestAnimationFrame(() => { herald.textContent = words; }); };

// -- Copy, download, print ------------------------------------------------------------------------------------------------
async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const text = Object.assign(document.createElement("textarea"), { value: button.dataset.copy, className: "visually-hidden" });
    (button.closest("dialog") ?? document.body).append(text);
    text.select();
    document.execCommand("copy");
    text.remove();
    button.focus();
  }
  button.classList.add("done");
  announce(button.dataset.done ?? "");
  setTimeout(() => button.classList.remove("done"), 2000);
}

function download(button) {
  const href = URL.createObjectURL(new Blob([`${button.dataset.download}\n`], { type: "text/plain" }));
  Object.assign(document.createElement("a"), { href, download: button.dataset.file ?? "download.txt" }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

// Shows a password, or hides it again; the button then carries the other word.
function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  [button.textContent, button.dataset.hide] = [button.dataset.hide, button.textContent];
}

// -- Dialogs and menus ----------------------------------------------------------------------------------------------------
const open = (id) => { const dialog = document.getElementById(id); if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal(); };

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const hit = (name) => target?.closest(`[data-${name}]`);
  const button = hit("copy") ?? hit("download") ?? hit("print") ?? hit("open-dialog") ?? hit("close-dialog") ?? hit("dismiss") ?? hit("reveal") ?? hit("keys");
  if (button) {
    if ("copy" in button.dataset) copy(button);
    else if ("download" in button.dataset) download(button);
    else if ("print" in button.dataset) print();
    else if ("openDialog" in button.dataset) { event.preventDefault(); open(button.dataset.openDialog); }
    else if ("closeDialog" in button.dataset) button.closest("dialog")?.close();
    else if ("dismiss" in button.dataset) button.closest("[data-toast]")?.remove();
    else if ("reveal" in button.dataset) reveal(button);
    else open("keys");
  }
  // A click beside a menu closes it; a click on the backdrop closes a dialog.
  for (const menu of all("details:is(.account, .tenant-switch, .appearance, .menu-button)[open]")) if (!menu.contains(target)) menu.open = false;
  if (target instanceof HTMLDialogElement && target.open) {
    const { left, right, top, bottom } = target.getBoundingClientRect();
    if (event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom) target.close();
  }
});

// -- Forms ----------------------------------------------------------------------------------------------------------------
// A code keeps its digits, however it was typed or pasted: spaces and hyphens go.
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || !field.dataset.digits) return;
  const wanted = Number(field.dataset.digits);
  const digits = field.value.replace(/\D/g, "").slice(0, wanted);
  if (digits !== field.value) field.value = digits;
  field.scrollLeft = 0;
  if (digits.length === wanted && "submitWhenFull" in field.dataset && !field.form.dataset.sent) field.form.requestSubmit();
});

// The caret after the last digit would push the first one out of its box.
document.addEventListener("scroll", ({ target }) => { if (target instanceof HTMLInputElement && target.dataset.digits) target.scrollLeft = 0; }, true);

// The button that was pressed keeps its words and shows that it is at work; a second press sends nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  // A code that was just refused is not sent again unchanged: Enter after the last digit would cost a second try.
  const refused = one("input[data-digits][aria-invalid=true]", form);
  if (refused && refused.value === refused.defaultValue) { event.preventDefault(); refused.select(); return; }
  form.dataset.sent = "yes";
  const button = event.submitter ?? one("button[type=submit]", form);
  requestAnimationFrame(() => button?.setAttribute("aria-busy", "true"));
});
addEventListener("pageshow", () => {
  for (const form of all("form[data-sent]")) delete form.dataset.sent;
  for (const button of all("button[aria-busy]")) if (button.closest("form")) button.removeAttribute("aria-busy");
});

// The first problem gets the focus, with what was typed selected.
const wrong = one("[aria-invalid=true]");
if (wrong) { wrong.focus(); wrong.select?.(); }

// -- Time -----------------------------------------------------------------------------------------------------------------
const clocks = all("[data-countdown]").map((element) => ({ element, until: Number(element.dataset.countdown) * 1000 }));
if (clocks.length > 0) {
  // The server's clock counts: a browser that is an hour off would count nonsense.
  const sent = Number(one("meta[name=now]")?.content ?? 0) * 1000;
  const skew = sent > 0 ? sent - (performance.timeOrigin + performance.getEntriesByType("navigation")[0]?.responseStart) : 0;
  const tick = () => {
    for (const { element, until } of clocks) {
      const left = Math.max(0, Math.round((until - Date.now() - (Number.isFinite(skew) ? skew : 0)) / 1000));
      const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
      const two = (number) => String(number).padStart(2, "0");
      if (left < 86_400) element.textContent = hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
      if (left === 0) document.dispatchEvent(new CustomEvent("countdown-over", { detail: element }));
    }
    if (clocks.some(({ until }) => until > Date.now() + skew)) setTimeout(tick, 1000);
  };
  tick();
}

for (const toast of all("[data-toast=leave]")) {
  const leave = () => toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove();
  setTimeout(leave, 6000);
}

// -- A code that was sent --------------------------------------------------------------------------------------------------
// Asked for before ten seconds are over, and once after that: what has become of the code is said, and nothing else on the page changes.
const fate = one("[data-fate]");
if (fate) {
  const look = async () => {
    if (document.hidden || one("form[data-sent]")) return;
    try {
      const answer = await fetch(fate.dataset.fate);
      const told = answer.ok && one("[data-fate]", new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (told && told.textContent !== fate.textContent) fate.replaceChildren(...told.childNodes);
    } catch { /* the next round asks again */ }
  };
  for (const seconds of [4, 8.5, 20]) setTimeout(look, seconds * 1000);
}

// -- New rows -------------------------------------------------------------------------------------------------------------
const fresh = one("[data-new-rows]");
if (fresh) {
  const ask = async () => {
    if (document.hidden) return;
    try {
      const { count } = await (await fetch(fresh.dataset.newRows, { headers: { accept: "application/json" } })).json();
      if (count > 0) {
        one("span", fresh).textContent = fresh.dataset.words.replace("{count}", new Intl.NumberFormat(document.documentElement.lang).format(count));
        fresh.hidden = false;
      }
    } catch { /* the next round asks again */ }
  };
  setInterval(ask, 10_000);
}

// -- Keys -----------------------------------------------------------------------------------------------------------------
const rows = all("[data-rows] tbody tr");
const here = () => rows.findIndex((row) => row.contains(document.activeElement));
const stand = (index) => {
  const row = rows[Math.min(Math.max(index, 0), rows.length - 1)];
  const spot = row && (one("th a, td a", row) ?? one("a, input", row));
  if (spot) { spot.focus(); row.scrollIntoView({ block: "nearest" }); }
};
const go = (href) => { if (href) location.assign(href); };

const keys = {
  j: () => stand(here() + 1),
  k: () => stand(here() < 0 ? rows.length - 1 : here() - 1),
  x: () => one("input[type=checkbox]", rows[here()] ?? document.createElement("i"))?.click(),
  e: () => go(rows[here()]?.dataset.look),
  n: () => { if (fresh && !fresh.hidden) fresh.click(); },
  "?": () => open("keys"),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") {
    const menu = one("details:is(.account, .tenant-switch, .appearance, .menu-button)[open]");
    if (menu) { menu.open = false; one("summary", menu)?.focus(); return; }
    if (!one("dialog[open]")) one("[data-close-drawer]")?.click();
    return;
  }
  if (typing(event.target) || one("dialog[open]")) return;
  const field = all("[data-focus-key]").find((field) => field.dataset.focusKey === event.key);
  if (field) { event.preventDefault(); field.focus(); field.select(); return; }
  if (event.key === "Enter" && event.target.closest?.("tr") && !event.target.closest("a, button")) go(event.target.closest("tr").dataset.href);
  else if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
});
