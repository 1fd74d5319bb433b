// Scene 1: a VAE's plane and an autoencoder's beside it, a ring to drag, a walk.
"use strict";

playground.scenes = {};

playground.scenes.plane = (() => {
  const get = (id) => document.getElementById(id), kinds = ["vae", "ae"];
  const DEFAULTS = { digits: { from: "0", to: "7" }, garments: { from: "9", to: "1" } }; // far apart, and both are drawn well
  const state = { set: "digits", from: "0", to: "7", ends: null, values: {} };
  const planes = {}, nets = {};
  let tell = () => {}, walking = 0;

  function names() {
    return playground.course.names[state.set];
  }

  /** Decode at the ring of a plane, and say what is near. */
  function decode(kind) {
    const plane = planes[kind], { number, away } = plane.nearest(...plane.point);
    playground.show(get(`${kind}-image`), [playground.answer(nets[kind].decoder, plane.point)]);
    const code = plane.point.map((each) => each.toFixed(2).replace("-", "−")).join(", ");
    get(`${kind}-says`).textContent = `Code (${code}). Nearest dot: ${names()[plane.labels[number]]}, ${away.toFixed(2)} away.`;
  }

  /** The code at which a walk starts ("from") or ends ("to"), on one plane. */
  function end(kind, which) {
    const chosen = state[which];
    if (chosen === "here") return state.ends[which][kind];
    const row = nets[kind].examples.rows[+chosen], codes = nets[kind].codes;
    return [codes[2 * row], codes[2 * row + 1]];
  }

  function strips() {
    const count = innerWidth < 600 ? 5 : 9;
    for (const kind of kinds) {
      const [a, b] = [end(kind, "from"), end(kind, "to")];
      planes[kind].path = [a, b];
      const shares = Array.from({ length: count }, (_, i) => i / (count - 1));
      const images = shares.map((share) => Float32Array.from(playground.answer(nets[kind].decoder, between(a, b, share))));
      playground.show(get(`${kind}-strip`), images);
      planes[kind].draw();
    }
  }

  const between = (a, b, share) => a.map((each, unit) => each + (b[unit] - each) * share);

  function step() {
    const share = get("step").value / 100;
    for (const kind of kinds) planes[kind].go(...between(end(kind, "from"), end(kind, "to"), share));
  }

  function fillSelects() {
    for (const which of ["from", "to"]) {
      const select = get(which);
      select.replaceChildren(...names().map((name, label) => new Option(name, label)));
      if (state[which] === "here") select.add(new Option("the rings", "here"));
      select.value = state[which];
    }
  }

  async function useSet() {
    fillSelects();
    for (const kind of kinds) {
      const name = `${kind}-${state.set}`, wanted = state.set;
      const net = await playground.planeOf(name);
      if (wanted !== state.set) return;
      nets[kind] = net;
      planes[kind].use({ ...net, names: names(), radius: kind === "vae" ? playground.course.radius : 0 });
      for (const place of document.querySelectorAll(`[data-of="${kind}"]`)) {
        place.textContent = playground.measured[name][place.dataset.key].toFixed(1);
      }
    }
    document.querySelector("[data-count]").textContent = nets.vae.labels.length.toLocaleString("en");
  }

  function walk() {
    if (walking) return stop();
    get("walk").textContent = "Stop";
    const started = performance.now(), from = +get("step").value >= 100 ? 0 : +get("step").value;
    const next = (now) => {
      const share = from + ((now - started) / 4000) * 100;
      get("step").value = Math.min(share, 100);
      step();
      if (share >= 100) return stop();
      walking = requestAnimationFrame(next);
    };
    walking = requestAnimationFrame(next);
  }

  function stop() {
    cancelAnimationFrame(walking);
    walking = 0;
    get("walk").textContent = "Walk";
    tell();
  }

  function build(changed) {
    tell = changed;
    for (const kind of kinds) {
      const label = kind === "vae" ? "Plane of the VAE" : "Plane of the autoencoder";
      planes[kind] = new playground.Plane(get(`${kind}-plane`), { label, moved: () => (decode(kind), tell()) });
    }
    for (const radio of document.getElementsByName("set")) radio.addEventListener("change", async () => {
      state.set = radio.value;
      Object.assign(state, { ends: null, ...DEFAULTS[state.set] });
      get("step").value = 0;
      await useSet();
      everywhere();
      begin();
      tell();
    });
    const everywhere = () => kinds.forEach((kind) => planes[kind].showEverywhere(get("everywhere").checked));
    get("everywhere").addEventListener("change", () => (everywhere(), tell()));
    get("sample").addEventListener("click", () => {
      const code = [0, 1].map(() => playground.normal(Math.random));
      kinds.forEach((kind) => planes[kind].go(...code));
    });
    for (const which of ["from", "to"]) {
      get(which).addEventListener("change", () => {
        state[which] = get(which).value;
        get("step").value = 0;
        strips();
        step();
        tell();
      });
      get(`${which}-here`).addEventListener("click", () => {
        state.ends = { ...state.ends, [which]: Object.fromEntries(kinds.map((kind) => [kind, [...planes[kind].point]])) };
        state[which] = "here";
        fillSelects();
        strips();
        tell();
      });
    }
    get("step").addEventListener("input", () => (step(), tell()));
    get("walk").addEventListener("click", walk);
  }

  /** Both rings on the code of the same test image, and the strips. */
  function begin() {
    kinds.forEach((kind) => planes[kind].go(...end(kind, "from")));
    strips();
  }

  async function open(values) {
    state.set = values.set === "garments" ? "garments" : "digits";
    document.querySelector(`[name="set"][value="${state.set}"]`).checked = true;
    const known = (value) => (/^[0-9]$/.test(value || "") ? value : null);
    [state.from, state.to] = [known(values.from) || DEFAULTS[state.set].from, known(values.to) || DEFAULTS[state.set].to];
    state.ends = null;
    for (const which of ["from", "to"]) {
      const four = playground.numbers(values[which], 4);
      if (!four) continue;
      state[which] = "here";
      state.ends = { ...state.ends, [which]: { vae: four.slice(0, 2), ae: four.slice(2) } };
    }
    get("everywhere").checked = values.all === "1";
    get("step").value = values.step || 0;
    await useSet();
    kinds.forEach((kind) => planes[kind].showEverywhere(get("everywhere").checked));
    begin();
    if (+get("step").value) step();
    kinds.forEach((kind) => {
      const point = playground.numbers(values[kind], 2);
      if (point) planes[kind].go(...point);
    });
  }

  function values() {
    const end = (which) => (state[which] === "here" ? playground.short(...kinds.flatMap((kind) => state.ends[which][kind])) : state[which]);
    return {
      set: state.set, vae: playground.short(...planes.vae.point), ae: playground.short(...planes.ae.point),
      from: end("from"), to: end("to"), step: +get("step").value ? Math.round(get("step").value) : "", all: get("everywhere").checked ? 1 : "",
    };
  }

  return { build, open, values, redraw: () => kinds.forEach((kind) => planes[kind].redraw()), close: () => walking && stop(), planes, nets };
})();
