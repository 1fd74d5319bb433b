// Scene 4: a small joint clustering that trains while the reader moves its weight.
"use strict";

playground.scenes.collapse = (() => {
  const get = (id) => document.getElementById(id), REMEDIES = ["pretrain", "linear", "assigned", "divide"];
  const PULLS = [0, 0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
  const PRESETS = {
    report: {
      pull: 1, remedies: [],
      ask: "<b>Guess, then press Train.</b> The clusters weigh as much as the reconstruction, as in the report. After five epochs: which of the two terms is smaller? What does the map show?",
      found: "<p>The codes fall on one point. There the cluster term is zero: each code lies on its centroid, so the term has nothing to say any more. The reconstruction stays near that of the mean image, and the accuracy is the share of the commonest digit. Lower β while it trains, or begin with a lower one: with which β do ten clusters live?</p>",
    },
    shrink: {
      pull: 0, remedies: ["pretrain", "linear"],
      ask: "<b>Guess, then press Code ÷ 10.</b> It divides the weights into the code by ten and multiplies those out of it by ten. Which numbers change: reconstruction, cluster term, accuracy?",
      found: "<p>The network draws the same images, and K-Means finds the same groups, so the accuracy stays. But all distances are a tenth: the cluster term has fallen and nothing is better. Whoever minimises that term gets a small code, not good clusters. Tick “magnify” to see the same picture at another scale.</p>",
    },
    remedies: {
      pull: 0.1, remedies: REMEDIES,
      ask: "<b>Guess, then press Train.</b> All remedies at once. Will ten clusters live? And will they be the ten digits?",
      found: "<p>Ten clusters live, and both terms fall without a collapse. They are not the ten digits: the accuracy stays below that of K-Means on the pixels, since two numbers are few and the loop teaches the network what K-Means already believed. Notebook 02 shows what does help. Take the ticks away one by one: which one alone prevents the collapse at β = 1?</p>",
    },
  };
  let tell = () => {}, worker = null, preset = "report", seed = 1, running = false, last = null, history = [], reach = 0, digits, until, note = "";

  const options = () => ({ seed, beta: PULLS[get("pull").value], ...Object.fromEntries(REMEDIES.map((id) => [id, get(id).checked])) });

  /** Train, for ever or until an epoch, or pause. */
  function run(on, end) {
    [running, until] = [on, end];
    get("run").textContent = on ? "Pause" : "Train";
    worker?.postMessage(["run", on, end]);
  }

  function restart() {
    run(false);
    [history, reach, last, note] = [[], 0, null, ""];
    worker.postMessage(["start", options()]);
  }

  function choose(name, { pull, remedies } = PRESETS[name]) {
    preset = name;
    get("pull").value = PULLS.indexOf(pull);
    REMEDIES.forEach((id) => (get(id).checked = remedies.includes(id)));
    get("pull-value").textContent = PULLS[get("pull").value];
    for (const button of document.querySelectorAll("[data-preset]")) button.setAttribute("aria-pressed", String(button.dataset.preset === name));
    get("collapse-question").innerHTML = PRESETS[name].ask;
    get("collapse-found").innerHTML = PRESETS[name].found;
    restart();
    if (name === "shrink") run(true, 0);
  }

  function receive({ data }) {
    last = data;
    const { codes, centroids, ...numbers } = data;
    history.push(numbers);
    if (running && data.epoch === until) run(false);
    draw();
    tell();
  }

  const written = (value) => (value >= 0.0995 ? value.toFixed(2) : value >= 0.00095 ? value.toFixed(4) : value ? value.toExponential(0).replace("-", "−") : "0");

  function draw() {
    if (!last) return;
    const { epoch, error, distance, spread, kept, live, accuracy } = last;
    const shown = {
      epoch: epoch < 0 ? `${epoch + 10} (pretraining)` : String(epoch), reconstruction: error.toFixed(4), "cluster term": written(distance),
      "spread of codes": written(spread), "live clusters": `${live} of 10`, accuracy: accuracy.toFixed(2),
    };
    get("numbers").innerHTML = Object.entries(shown).map(([name, value]) => `<div><dt>${name}</dt><dd>${value.replace("-", "−")}</dd></div>`).join("");
    get("collapse-says").textContent = note || (live === 1 ? "Collapsed: all codes lie on one point. The cluster term is 0, and says nothing."
      : kept < 0.05 && epoch > 0 ? "The codes have lost nearly all of their spread."
        : preset === "shrink" && epoch >= 0 ? "Trained on the reconstruction alone. Now press Code ÷ 10."
          : epoch < 0 ? "Pretraining: the clusters have no say yet." : "");
    drawMap();
    drawCharts();
  }

  function drawMap() {
    const { context, width, height } = playground.fit(get("map"));
    const { codes, centroids } = last, colours = playground.classColours();
    const middle = [0, 1].map((unit) => {
      let sum = 0;
      for (let i = unit; i < codes.length; i += 2) sum += codes[i];
      return (2 * sum) / codes.length;
    });
    const away = Float32Array.from(codes, (each, i) => Math.abs(each - middle[i % 2])).sort();
    const own = away[Math.floor(0.998 * away.length)] * 1.1;
    reach = Math.max(reach, own);
    const half = (get("magnify").checked ? own : reach) || 1, top = 34;
    const place = (x, y) => [width / 2 + ((x - middle[0]) / half) * (width / 2), top + (height - top) / 2 - ((y - middle[1]) / half) * ((height - top) / 2)];
    context.fillStyle = playground.style("paper");
    context.fillRect(0, 0, width, height);
    context.globalAlpha = 0.75;
    for (let i = 0; i < digits.length; i++) {
      context.fillStyle = colours[digits[i]];
      context.beginPath();
      context.arc(...place(codes[2 * i], codes[2 * i + 1]), 2.4, 0, 7);
      context.fill();
    }
    context.globalAlpha = 1;
    for (const [thick, colour] of [[7, playground.style("paper")], [3, playground.style("ink")]]) {
      Object.assign(context, { lineWidth: thick, strokeStyle: colour, lineCap: "round" });
      for (let k = 0; k < centroids.length; k += 2) {
        const [x, y] = place(centroids[k], centroids[k + 1]);
        context.beginPath();
        for (const sign of [-1, 1]) {
          context.moveTo(x - 6, y - 6 * sign);
          context.lineTo(x + 6, y + 6 * sign);
        }
        context.stroke();
      }
    }
    context.fillStyle = playground.style("paper");
    context.fillRect(0, 0, width, top);
    for (let digit = 0; digit < 10; digit++) playground.label(context, String(digit), (width * (digit + 0.5)) / 10, 18, colours[digit], 19);
    const scale = 10 ** Math.floor(Math.log10(half));
    const bar = [1, 2, 5].map((each) => each * scale).filter((each) => each <= half).pop();
    const [from, to] = [14, 14 + (bar / half) * (width / 2)];
    Object.assign(context, { lineWidth: 3, strokeStyle: playground.style("ink") });
    context.beginPath();
    context.moveTo(from, height - 14);
    context.lineTo(to, height - 14);
    context.stroke();
    context.textAlign = "left";
    playground.label(context, written(bar).replace(/\.?0+$/, ""), (from + to) / 2, height - 28, playground.style("ink"), 14);
    get("map-says").textContent = `Dots: images, coloured by digit (top). Crosses: centroids. The bar shows the scale.${get("magnify").checked ? " Magnified to the codes." : ""}`;
  }

  /** Lines by epoch: { name: [values, colour] }, with one dotted line; low and high are the ends of the axis. */
  function chart(id, lines, ticks, transform, [level, levelName]) {
    const { context, width, height } = playground.fit(get(id)), left = 62, right = width - 92, top = 10, bottom = height - 40;
    const [first, end] = [history[0].epoch, Math.max(history[history.length - 1].epoch, history[0].epoch + 10)];
    const [low, high] = [ticks[0], ticks[ticks.length - 1]].map(transform);
    const x = (epoch) => left + ((epoch - first) / (end - first)) * (right - left);
    const y = (value) => bottom - ((Math.min(Math.max(transform(value), low), high) - low) / (high - low)) * (bottom - top);
    context.clearRect(0, 0, width, height);
    context.font = '14px system-ui, "DejaVu Sans", sans-serif';
    context.textBaseline = "middle";
    for (const tick of ticks) {
      Object.assign(context, { strokeStyle: playground.style("grid"), lineWidth: 1, fillStyle: playground.style("soft"), textAlign: "right" });
      context.beginPath();
      context.moveTo(left, y(tick));
      context.lineTo(right, y(tick));
      context.stroke();
      context.fillText(String(tick), left - 8, y(tick));
    }
    context.textAlign = "center";
    const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((each) => (end - first) / each <= (right - left) / 42) || 1000;
    for (let epoch = Math.ceil(first / every) * every; epoch <= end; epoch += every) context.fillText(String(epoch).replace("-", "−"), x(epoch), bottom + 14);
    context.fillText(first < 0 ? "epoch (below 0: pretraining)" : "epoch", (left + right) / 2, bottom + 32);
    context.setLineDash([3, 5]);
    Object.assign(context, { strokeStyle: playground.style("soft"), lineWidth: 2 });
    context.beginPath();
    context.moveTo(left, y(level));
    context.lineTo(right, y(level));
    context.stroke();
    context.setLineDash([]);
    const names = Object.entries(lines).map(([name, [values, colour]]) => {
      Object.assign(context, { strokeStyle: colour, lineWidth: 3, lineJoin: "round" });
      context.beginPath();
      values.forEach((value, i) => context.lineTo(x(history[i].epoch), y(value)));
      context.stroke();
      context.fillStyle = colour;
      context.beginPath();
      context.arc(x(history[values.length - 1].epoch), y(values[values.length - 1]), 4, 0, 7);
      context.fill();
      return { name, colour, at: y(values[values.length - 1]) };
    }).sort((a, b) => a.at - b.at);
    if (names[1].at - names[0].at < 18) {
      names[0].at = Math.max(names[0].at - 9, top + 6);
      names[1].at = names[0].at + 18;
      if (names[1].at > bottom) [names[0].at, names[1].at] = [bottom - 18, bottom];
    }
    Object.assign(context, { textAlign: "left", font: '600 15px system-ui, "DejaVu Sans", sans-serif' });
    for (const { name, colour, at } of names) {
      context.fillStyle = colour;
      context.fillText(name, right + 8, at);
    }
    get(id).setAttribute("aria-label", Object.entries(lines).map(([name, [values]]) => `${name} ${written(values[values.length - 1])}`).join(", ") + `; ${levelName} ${level}`);
  }

  function drawCharts() {
    const { images } = playground.measured, colours = playground.classColours(), of = (key) => history.map((each) => each[key]);
    const lines = { "recon.": [of("error"), colours[0]], clusters: [of("distance"), colours[3]] };
    chart("loss-chart", lines, [0.0001, 0.001, 0.01, 0.1, 1, 10], (value) => Math.log10(Math.max(value, 1e-9)), [images.mean_image, "mean image"]);
    const other = { accuracy: [of("accuracy"), colours[2]], spread: [of("kept"), colours[1]] };
    chart("acc-chart", other, [0, 0.25, 0.5, 0.75, 1], (value) => value, [images.k_means, "K-Means on the pixels"]);
  }

  function build(changed) {
    tell = changed;
    get("run").addEventListener("click", () => {
      note = "";
      run(!running);
    });
    get("one").addEventListener("click", () => {
      run(false);
      note = "";
      worker.postMessage(["one"]);
    });
    get("again").addEventListener("click", restart);
    get("another").addEventListener("click", () => {
      seed += 1;
      restart();
      tell();
    });
    get("shrink").addEventListener("click", () => {
      run(false);
      note = "The same network, its code divided by ten: compare the numbers and the charts.";
      worker.postMessage(["shrink", 10]);
    });
    get("pull").addEventListener("input", () => {
      get("pull-value").textContent = PULLS[get("pull").value];
      worker.postMessage(["set", { beta: options().beta }]);
      tell();
    });
    for (const id of REMEDIES) get(id).addEventListener("change", () => {
      if (id === "pretrain" || id === "linear") restart();
      else worker.postMessage(["set", { [id]: get(id).checked }]);
      tell();
    });
    get("magnify").addEventListener("change", () => (draw(), tell()));
    for (const button of document.querySelectorAll("[data-preset]")) button.addEventListener("click", () => {
      choose(button.dataset.preset);
      tell();
    });
  }

  async function open(values) {
    const pack = await playground.load("images");
    if (!worker) {
      digits = playground.array(pack.labels);
      worker = playground.startTrainer();
      worker.onmessage = receive;
      worker.postMessage(["data", playground.array(pack.pixels), digits]);
    }
    seed = /^\d{1,6}$/.test(values.seed || "") ? +values.seed : 1;
    get("magnify").checked = values.magnify === "1";
    const name = values.preset in PRESETS ? values.preset : "report", pull = PULLS.includes(+values.pull) && values.pull ? +values.pull : PRESETS[name].pull;
    choose(name, { pull, remedies: values.remedies === undefined ? PRESETS[name].remedies : REMEDIES.filter((id) => values.remedies.includes(id[0])) });
  }

  return {
    build, open, redraw: draw, close: () => worker && run(false),
    values: () => ({
      preset, pull: PULLS[get("pull").value], remedies: REMEDIES.filter((id) => get(id).checked).map((id) => id[0]).join("") || "none",
      seed, magnify: get("magnify").checked ? 1 : "",
    }),
    history: () => history,
  };
})();
