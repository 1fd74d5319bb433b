// Which scene is shown, its state in the address, the theme, the link.
"use strict";

(() => {
  const get = (id) => document.getElementById(id), scenes = playground.scenes, built = new Set();
  let shown = null, timer = 0, own = "";

  /** Numbers that tools/playground.py measured, and colours of the course, at their places. */
  function fill() {
    for (const place of document.querySelectorAll("[data-measured]")) {
      const [name, key] = place.dataset.measured.split("."), value = playground.measured[name]?.[key] ?? NaN;
      place.textContent = "percent" in place.dataset ? `${(100 * value).toFixed(1)}\u00a0%` : Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(value < 1 ? 3 : 1);
    }
    const { loss, loss_int8 } = playground.measured["vae-digits"];
    document.querySelector("[data-rounding]").textContent = Math.abs(loss_int8 - loss).toFixed(2);
  }

  function paint() {
    for (const place of document.querySelectorAll("[data-role]")) place.style.background = playground.colour(playground.course.roles[place.dataset.role]);
  }

  function save() {
    clearTimeout(timer);
    timer = setTimeout(() => write(), 250); // browsers limit how often an address may change
  }

  /** Put the state into the address, unless the reader has just gone elsewhere (`first`: this view has no state there yet). */
  function write(first = false) {
    if (!shown || (!first && location.hash !== own)) return;
    own = playground.addressOf(shown, scenes[shown].values());
    if (location.hash !== own) history.replaceState(null, "", own);
    if (!get("link-row").hidden) get("link-text").value = location.href;
  }

  async function go() {
    if (shown && location.hash === own) return;
    clearTimeout(timer);
    const { scene, values } = playground.readAddress(), name = scene in scenes ? scene : "plane";
    if (shown && shown !== name) scenes[shown].close();
    shown = null;
    for (const each of Object.keys(scenes)) get(`scene-${each}`).hidden = each !== name;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (!built.has(name)) scenes[name].build(save);
    built.add(name);
    paint();
    await scenes[name].open(values);
    document.documentElement.dataset.ready = shown = name;
    performance.mark("ready");
    write(true);
  }

  function theme(name) {
    document.documentElement.dataset.theme = name;
    get("theme").textContent = name === "dark" ? "Light page" : "Dark page";
    paint();
    if (shown) scenes[shown].redraw();
  }

  const system = matchMedia("(prefers-color-scheme: dark)");
  theme(system.matches ? "dark" : "light");
  system.addEventListener("change", () => theme(system.matches ? "dark" : "light"));
  get("theme").addEventListener("click", () => theme(playground.dark() ? "light" : "dark"));
  get("link").addEventListener("click", async () => {
    write();
    get("link-row").hidden = false;
    get("link-text").value = location.href;
    get("link-text").select();
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    get("link").textContent = copied ? "Copied" : "Copy it below";
    setTimeout(() => (get("link").textContent = "Copy link"), 2500);
  });
  document.querySelector("[data-skip]").addEventListener("click", (event) => {
    event.preventDefault(); // the address holds the scene
    get("main").focus();
  });
  for (const link of document.querySelectorAll("nav a")) link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // a state written while the browser follows the link would call it off
    clearTimeout(timer);
    location.hash = link.hash;
  });
  addEventListener("hashchange", go);
  fill();
  go();
})();
