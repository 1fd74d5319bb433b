// Scene 2: draw a digit; four networks answer.
"use strict";

playground.scenes.draw = (() => {
  const get = (id) => document.getElementById(id), GRID = 512, PEN = 23, STEP = 12;
  let tell = () => {}, strokes = [], example = null, pen = null, nets = null, asked = 0, plane, canvas, bars;
  const spot = [256, 120]; // of the pen, for keys

  function clear(context) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
  }

  /** Ink only: what the networks get. */
  function paint() {
    const context = canvas.getContext("2d", { willReadFrequently: true }), scale = canvas.width / GRID;
    clear(context);
    if (example !== null) {
      const small = document.createElement("canvas");
      playground.show(small, [nets.examples.images[example]]);
      context.imageSmoothingEnabled = false;
      context.drawImage(small, 0, 0, canvas.width, canvas.height);
    }
    Object.assign(context, { strokeStyle: "#fff", fillStyle: "#fff", lineWidth: PEN, lineCap: "round", lineJoin: "round" });
    for (const stroke of strokes) {
      const points = stroke.map((point) => point.map((each) => each * scale));
      context.beginPath();
      if (points.length === 1) {
        context.arc(...points[0], PEN / 2, 0, 7);
        context.fill();
        continue;
      }
      context.moveTo(...points[0]);
      for (let i = 1; i < points.length - 1; i++) {
        context.quadraticCurveTo(...points[i], ...points[i].map((each, unit) => (each + points[i + 1][unit]) / 2));
      }
      context.lineTo(...points[points.length - 1]);
      context.stroke();
    }
  }

  /** The pen of the keyboard, on top. */
  function paintPen() {
    if (document.activeElement !== get("ink")) return;
    const context = canvas.getContext("2d"), scale = canvas.width / GRID;
    context.beginPath();
    context.arc(spot[0] * scale, spot[1] * scale, 9, 0, 7);
    Object.assign(context, { lineWidth: 3, strokeStyle: pen === "keys" ? "#ff9d4d" : "#7cc4f0" });
    context.stroke();
  }

  /** A share in per cent; no share is quite 0 or 1. */
  const percent = (share) => (share > 0.999 ? ">\u00a099.9\u00a0%" : share < 0.001 ? "<\u00a00.1\u00a0%" : `${(100 * share).toFixed(1)}\u00a0%`);

  /** What the networks say of 28 × 28 pixels. */
  function say(pixels) {
    const code = Array.from(playground.answer(nets.encoder, pixels));
    return {
      code: code.slice(0, 2), width: code.slice(2).map((each) => Math.exp(each / 2)),
      classes: playground.softmax(playground.answer(nets.classifier, pixels)),
      groups: playground.shares(playground.answer(nets.clusters, pixels), nets.centroids),
    };
  }

  /** Shares of clusters (K) as shares of digits, by their names. */
  const named = (groups) => nets.names.reduce((found, digit, k) => ((found[digit] += groups[k]), found), new Array(10).fill(0));

  function answer() {
    if (!nets) return;
    paint();
    const made = playground.drawing.prepare(canvas), empty = new Float32Array(784);
    paintPen();
    playground.show(get("box"), [made ? made.inBox : new Float32Array(400)], 20);
    playground.show(get("prepared"), [made ? made.prepared : empty]);
    if (!made) {
      playground.show(get("rebuilt"), [empty]);
      plane.point = null;
      plane.draw();
      show("classes", null);
      show("groups", null);
      get("draw-code").textContent = "No ink yet: no code.";
      get("verdict").textContent = "";
      return;
    }
    const said = say(made.prepared), groups = named(said.groups);
    playground.show(get("rebuilt"), [playground.answer(nets.decoder, said.code)]);
    plane.cloud = said.width;
    plane.point = said.code.map((each, unit) => Math.min(Math.max(each, plane.middle[unit] - plane.half), plane.middle[unit] + plane.half));
    plane.draw();
    const text = (numbers) => numbers.map((each) => each.toFixed(2).replace("-", "−")).join(" and ");
    get("draw-code").textContent = `Mean ${text(said.code)}; width (standard deviation) ${text(said.width)}. The filled ellipse in the ring is the cloud.`;
    show("classes", said.classes);
    show("groups", groups);
    const [best, group] = [said.classes, groups].map((each) => each.indexOf(Math.max(...each)));
    get("verdict").textContent = best === group
      ? `Both say ${best}: the classifier with ${percent(said.classes[best])}, the clusters with ${percent(groups[group])}.`
      : `They disagree: the classifier says ${best} (${percent(said.classes[best])}), the clusters ${group} (${percent(groups[group])}).`;
  }

  function show(id, shares) {
    const most = shares && shares.indexOf(Math.max(...shares));
    bars[id].forEach(({ row, bar, number }, digit) => {
      const share = shares ? shares[digit] : 0;
      bar.style.width = `${100 * share}%`;
      number.textContent = shares ? percent(share) : "–";
      row.classList.toggle("top", digit === most);
    });
  }

  const soon = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      answer();
    });
    tell();
  };

  function add(x, y, first) {
    const point = [x, y].map((each) => Math.round(Math.min(Math.max(each, 0), GRID - 1)));
    if (first) strokes.push([point]);
    else {
      const stroke = strokes[strokes.length - 1], last = stroke[stroke.length - 1];
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) < 7) return;
      stroke.push(point);
    }
    soon();
  }

  function wipe() {
    [strokes, example] = [[], null];
    lift();
    soon();
  }

  function lift(down = false) {
    pen = down ? "keys" : null;
    get("pen").setAttribute("aria-pressed", String(down));
    if (down) add(...spot, true);
    soon();
  }

  function listen() {
    const host = get("ink");
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * GRID, ((event.clientY - box.top) / box.height) * GRID];
    };
    host.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      host.setPointerCapture(event.pointerId);
      host.focus({ preventScroll: true });
      lift();
      pen = "pointer";
      add(...place(event), true);
    });
    host.addEventListener("pointermove", (event) => {
      if (pen !== "pointer") return;
      for (const each of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) add(...place(each));
    });
    for (const end of ["pointerup", "pointercancel"]) host.addEventListener(end, () => pen === "pointer" && (pen = null));
    host.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (way) {
        way.forEach((each, unit) => (spot[unit] = Math.min(Math.max(spot[unit] + each * STEP * (event.shiftKey ? 3 : 1), 0), GRID - 1)));
        if (pen === "keys") add(...spot);
        soon();
      } else if (event.key === " ") lift(pen !== "keys");
      else if (event.key === "Delete") wipe();
      else if (event.key === "Backspace") undo();
      else return;
      event.preventDefault();
    });
    for (const change of ["focus", "blur"]) host.addEventListener(change, soon);
  }

  function undo() {
    if (strokes.length) strokes.pop();
    else example = null;
    lift();
  }

  function build(changed) {
    tell = changed;
    canvas = get("ink").querySelector("canvas");
    plane = new playground.Plane(get("draw-plane"), { label: "The VAE's plane with the cloud of your digit", still: true });
    const colours = { classes: "classifier", groups: "DCN" };
    bars = Object.fromEntries(Object.keys(colours).map((id) => [id, Array.from({ length: 10 }, (_, digit) => {
      const row = document.createElement("div");
      row.innerHTML = `<span>${digit}</span><span class="track"><i data-role="${colours[id]}"></i></span><b></b>`;
      get(id).append(row);
      return { row, bar: row.querySelector("i"), number: row.querySelector("b") };
    })]));
    get("clear").addEventListener("click", wipe);
    get("undo").addEventListener("click", undo);
    get("pen").addEventListener("click", () => lift(pen !== "keys"));
    get("example").addEventListener("click", () => {
      const next = example === null ? Math.floor(Math.random() * nets.examples.images.length) : (example + 7) % nets.examples.images.length;
      [strokes, example] = [[], next];
      soon();
    });
    listen();
  }

  async function open(values) {
    const [digits, encoder, classifier, clusters] = await Promise.all([
      playground.planeOf("vae-digits"), ...["encoder", "classifier", "clusters"].map(playground.load),
    ]);
    nets ??= {
      decoder: digits.decoder, encoder: playground.unpack(encoder.encoder), classifier: playground.unpack(classifier.layers),
      clusters: playground.unpack(clusters.layers), centroids: playground.array(clusters.centroids, Float32Array), names: clusters.names,
      examples: { images: playground.images(encoder.examples.pixels) },
    };
    plane.use({ ...digits, names: playground.course.names.digits, radius: playground.course.radius });
    strokes = playground.drawing.read(values.ink);
    example = /^\d+$/.test(values.test || "") && +values.test < nets.examples.images.length ? +values.test : null;
    answer();
  }

  return {
    build, open, say, redraw: () => plane.redraw(), close() {},
    values: () => ({ ink: playground.drawing.written(strokes), test: example === null ? "" : example }),
  };
})();
