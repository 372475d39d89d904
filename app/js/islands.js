// Wakes the islands of a page: loads the wasm when the browser has nothing better to do, then hydrates each <leptos-island>. Only pages
// that hold an island name this file. The addresses come from the script element itself, because file names are hashed.

const { module, wasm } = document.querySelector("script[data-islands]").dataset;
const idle = globalThis.requestIdleCallback ?? ((call) => setTimeout(call, 1));

idle(async () => {
  const app = await import(module);
  await app.default({ module_or_path: wasm });
  app.hydrate();
  for (const island of document.querySelectorAll("leptos-island")) {
    // An island inside another one is hydrated with it.
    if (island.parentElement.closest("leptos-island")) continue;
    app[island.dataset.component]?.(island);
  }
});
