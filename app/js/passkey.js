// Passkeys. A form is all the server sees: this file asks the browser, writes the answer into hidden fields and sends the form like any other.
//
//   <form method="post" action="/sign-in/passkey" hidden data-passkey="get" data-passkey-options="/sign-in/passkey/options" data-passkey-autofill
//         data-words-cancelled="…" data-words-known="…" data-words-failed="…">
//     <input type="hidden" name="ceremony"> <input type="hidden" name="response"> <button>…</button> <p role="status"></p>
//   </form>
//
// `data-passkey` is get or create. `data-passkey-options` is an address that answers a POST with JSON, or that JSON itself: {ceremony, publicKey}.
// `data-passkey-autofill` also offers passkeys in the field with autocomplete="username webauthn". Where there are no passkeys the form stays
// hidden. `data-passkey-signal` on any element is told to the person's passkey manager.

const api = globalThis.PublicKeyCredential;
const forms = api && navigator.credentials ? [...document.querySelectorAll("form[data-passkey]")] : [];

// -- JSON and bytes, for browsers that cannot do it themselves --------------------------------------------------------------
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const named = (list) => list?.map((credential) => ({ ...credential, id: bytes(credential.id) }));

const creation = (json) => api.parseCreationOptionsFromJSON?.(json) ?? {
  ...json,
  challenge: bytes(json.challenge),
  user: { ...json.user, id: bytes(json.user.id) },
  excludeCredentials: named(json.excludeCredentials),
};
const request = (json) => api.parseRequestOptionsFromJSON?.(json) ?? {
  ...json,
  challenge: bytes(json.challenge),
  allowCredentials: named(json.allowCredentials),
};

function answer(credential) {
  try {
    return credential.toJSON();
  } catch { /* an old browser, or a passkey manager that brings its own object */ }
  const { id, rawId, type, response } = credential;
  const buffers = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].filter((name) => response[name]);
  return {
    id, type, rawId: text(rawId),
    response: { ...Object.fromEntries(buffers.map((name) => [name, text(response[name])])), transports: response.getTransports?.() },
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

// The answer to a question may open a session, and the answer to a form that goes out meanwhile another: whichever came last would be kept. The form waits.
let underWay;
document.addEventListener("submit", (event) => {
  const { target, submitter } = event;
  if (!underWay || forms.includes(target)) return;
  event.preventDefault();
  underWay.catch(() => {}).then(() => target.requestSubmit(submitter));
}, true);

// -- Asking -----------------------------------------------------------------------------------------------------------------
async function optionsOf(form) {
  const source = form.dataset.passkeyOptions;
  if (source.startsWith("{")) return JSON.parse(source);
  underWay = fetch(source, { method: "POST", headers: { accept: "application/json" }, redirect: "error" });
  try {
    const reply = await underWay;
    if (!reply.ok) throw new Error(`${reply.status}`);
    return reply.json();
  } finally {
    underWay = undefined;
  }
}

// A page has one request at a time: the button takes over from autofill, which may have waited for minutes.
let waiting = { abort() {}, done: Promise.resolve() };

function ask(form, mediation) {
  const [before, control] = [waiting, new AbortController()];
  before.abort();
  const done = before.done.then(async () => {
    const { signal } = control;
    try {
      const { ceremony, publicKey } = await optionsOf(form);
      if (signal.aborted) return;
      if (mediation) renew(form, publicKey.timeout ?? 300_000, control);
      const credential = form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: creation(publicKey), signal })
        : await navigator.credentials.get({ publicKey: request(publicKey), signal, ...(mediation && { mediation }) });
      if (signal.aborted) return;
      if (form.elements.ceremony) form.elements.ceremony.value = ceremony ?? "";
      form.elements.response.value = JSON.stringify(answer(credential));
      form.submit();
    } catch (error) {
      // What was not asked for by a press of a button is not worth a word.
      if (!signal.aborted && !mediation) tell(form, error);
    }
  });
  waiting = { abort: () => control.abort(), done };
  return done;
}

// Autofill waits for as long as the page is open; the server's challenge does not.
function renew(form, milliseconds, control) {
  const again = () => {
    if (control.signal.aborted) return;
    if (document.hidden) document.addEventListener("visibilitychange", again, { once: true });
    else ask(form, "conditional");
  };
  setTimeout(again, milliseconds * 0.8);
}

const words = { NotAllowedError: "wordsCancelled", AbortError: "wordsCancelled", InvalidStateError: "wordsKnown" };

function tell(form, error) {
  const status = form.querySelector("[role=status]");
  if (status) status.textContent = form.dataset[words[error.name]] ?? form.dataset.wordsFailed ?? "";
}

async function autofill() {
  const form = forms.find((form) => "passkeyAutofill" in form.dataset);
  if (form && await api.isConditionalMediationAvailable?.()) await ask(form, "conditional");
}

for (const other of document.querySelectorAll("[data-passkey-else]")) other.hidden = forms.length > 0;

for (const form of forms) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button");
    if (button?.getAttribute("aria-busy")) return;
    button?.setAttribute("aria-busy", "true");
    form.querySelector("[role=status]")?.replaceChildren();
    await ask(form);
    button?.removeAttribute("aria-busy");
    // Sent: the next page is on its way. Not sent: the suggestions of the name field work again.
    if (!form.elements.response.value) autofill();
  });
}

// A page that comes back from the browser's memory has an answer in it that has been used.
addEventListener("pageshow", (event) => {
  for (const form of forms) form.elements.response.value = "";
  if (event.persisted) autofill();
});
addEventListener("pagehide", () => waiting.abort());
autofill();

// -- Telling the passkey manager --------------------------------------------------------------------------------------------
const signals = ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"];
for (const element of document.querySelectorAll("[data-passkey-signal]")) {
  const told = JSON.parse(element.dataset.passkeySignal);
  for (const signal of signals) if (told[signal]) api?.[signal]?.(told[signal])?.catch(() => { /* it may not care */ });
}
