// Networks from scripts, their answers, the state in the address, the two themes.
"use strict";

const playground = { packs: {}, waiting: {}, measured: {}, course: {} };

/** A script of networks/ hands over what it holds. */
playground.add = (name, pack) => {
  playground.packs[name] = pack;
};

/** The pack of a name; its script is loaded when it is first asked for (a page on disk may not fetch files). */
playground.load = (name) => {
  playground.waiting[name] ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = `networks/${name}.js`;
    script.onload = () => done(playground.packs[name]);
    script.onerror = () => fail(new Error(`networks/${name}.js is not there`));
    document.head.append(script);
  });
  return playground.waiting[name];
};

/** Bytes, or numbers of another kind, from base64. */
playground.array = (text, Kind = Uint8Array) => {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new Kind(bytes.buffer);
};

/** Layers as tools/playground.py wrote them: 8-bit rows become numbers once, here. */
playground.unpack = (layers) => layers.map(({ inputs, outputs, activation, weights, bias, scales }) => {
  let rows = playground.array(weights, scales ? Int8Array : Float32Array);
  if (scales) {
    const whole = rows, factors = playground.array(scales, Float32Array);
    rows = new Float32Array(whole.length);
    for (let i = 0, at = 0; i < outputs; i++) for (let j = 0; j < inputs; j++, at++) rows[at] = whole[at] * factors[i];
  }
  return { inputs, outputs, activation, rows, bias: playground.array(bias, Float32Array), answer: new Float32Array(outputs) };
});

/** The answer of unpacked layers to one input. The array is used again by the next call. */
playground.answer = (layers, input) => {
  for (const { inputs, outputs, activation, rows, bias, answer } of layers) {
    for (let i = 0, at = 0; i < outputs; i++, at += inputs) {
      let a = bias[i], b = 0, c = 0, d = 0, j = 0;
      for (; j + 3 < inputs; j += 4) {
        a += rows[at + j] * input[j];
        b += rows[at + j + 1] * input[j + 1];
        c += rows[at + j + 2] * input[j + 2];
        d += rows[at + j + 3] * input[j + 3];
      }
      for (; j < inputs; j++) a += rows[at + j] * input[j];
      const sum = a + b + c + d;
      answer[i] = activation === "relu" ? Math.max(sum, 0) : activation === "sigmoid" ? 1 / (1 + Math.exp(-sum)) : sum;
    }
    input = answer;
  }
  return input;
};

/** Logits to probabilities. */
playground.softmax = (logits) => {
  const most = Math.max(...logits), parts = Array.from(logits, (each) => Math.exp(each - most));
  const sum = parts.reduce((a, b) => a + b);
  return parts.map((part) => part / sum);
};

/** Shares of the centroids in a code: 1 / (1 + squared distance), divided by their sum (notebook 02). */
playground.shares = (code, centroids) => {
  const nearness = [], size = code.length;
  for (let k = 0; k < centroids.length; k += size) {
    let square = 0;
    for (let i = 0; i < size; i++) square += (code[i] - centroids[k + i]) ** 2;
    nearness.push(1 / (1 + square));
  }
  const sum = nearness.reduce((a, b) => a + b);
  return nearness.map((each) => each / sum);
};

/** Random numbers from 0 to 1 that depend on the seed alone. */
playground.random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

/** A sample of N(0, 1). */
playground.normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

// The address: #scene?key=value&…

playground.readAddress = () => {
  const [scene, rest] = decodeURIComponent(location.hash.slice(1)).split("?");
  return { scene, values: Object.fromEntries(new URLSearchParams(rest || "")) };
};

playground.addressOf = (scene, values) => {
  const parts = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return `#${scene}${parts.length ? "?" + parts.map(([key, value]) => `${key}=${value}`).join("&") : ""}`;
};

/** Numbers of an address, "1.5,-2", or null if they are not so many finite ones. */
playground.numbers = (text, count) => {
  const found = (text || "").split(",").map(Number);
  return found.length === count && text && found.every(Number.isFinite) ? found : null;
};

playground.short = (...numbers) => numbers.map((each) => +each.toFixed(3)).join(",");

// Colours

const channel = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);

playground.dark = () => document.documentElement.dataset.theme === "dark";

/** A colour of the course; on the dark page the same hue, lighter, the darkest ones most so that they stay apart. */
playground.colour = (hex) => {
  let rgb = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  if (playground.dark()) {
    const contrast = () => (light(rgb) + 0.05) / (light([20, 23, 27]) + 0.05), wanted = contrast() < 1.75 ? 9.5 : 5.2;
    while (contrast() < wanted) {
      const most = Math.max(...rgb);
      rgb = most < 245 ? rgb.map((each) => each * 1.03 + 1.5) : rgb.map((each) => each + (255 - each) * 0.04 + 0.2);
    }
  }
  return `rgb(${rgb.map((each) => Math.min(255, Math.round(each))).join(" ")})`;
};

playground.classColours = () => playground.course.colours.map(playground.colour);

/** A colour of the page by its name in style.css. */
playground.style = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// Small canvases

/** Draw grey pixels, 0 to 1, side by side: images is a list of arrays of side × side. */
playground.show = (canvas, images, side = 28, gap = 1) => {
  const width = images.length * side + (images.length - 1) * gap;
  if (canvas.width !== width || canvas.height !== side) [canvas.width, canvas.height] = [width, side];
  const context = canvas.getContext("2d"), picture = context.createImageData(width, side), data = picture.data;
  if (images.length > 1) data.fill(127);
  images.forEach((pixels, number) => {
    for (let row = 0, at = 0; row < side; row++) {
      for (let to = 4 * (row * width + number * (side + gap)), end = to + 4 * side; to < end; to += 4, at++) {
        data[to] = data[to + 1] = data[to + 2] = 255 * pixels[at];
        data[to + 3] = 255;
      }
    }
  });
  for (let i = 3; i < data.length; i += 4) if (data[i] === 127) data[i] = 0;
  context.putImageData(picture, 0, 0);
};

/** A canvas as large as its place on the page, in the screen's own pixels; returns context, width and height. */
playground.fit = (canvas) => {
  const scale = Math.min(devicePixelRatio || 1, 2), box = canvas.getBoundingClientRect();
  const width = Math.max(1, Math.round(box.width)), height = Math.max(1, Math.round(box.height));
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return { context, width, height };
};

/** Text with a border of the paper's colour, so that it can be read on dots. */
playground.label = (context, text, x, y, colour, size = 16) => {
  context.font = `700 ${size}px system-ui, "DejaVu Sans", sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 5;
  context.strokeStyle = playground.style("paper");
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
};
