// A plane of codes with a ring that answers to finger, mouse and keys.
"use strict";

playground.Plane = class {
  /**
   * @param {HTMLElement} host  becomes focusable, unless `still`
   * @param {object} options  label; moved(x, y), called at most once a frame; still: nothing can be dragged
   */
  constructor(host, { label, moved = () => {}, still = false }) {
    this.host = host;
    this.moved = moved;
    this.canvas = host.appendChild(document.createElement("canvas"));
    this.still = document.createElement("canvas"); // what does not move: dots, names, axes
    this.point = [0, 0];
    this.path = null;
    this.cloud = null;
    this.everywhere = false;
    if (still) {
      this.canvas.setAttribute("role", "img");
      this.canvas.setAttribute("aria-label", label);
    } else {
      host.tabIndex = 0;
      host.setAttribute("role", "application");
      host.setAttribute("aria-roledescription", "plane of codes");
      host.setAttribute("aria-label", `${label}: arrow keys move the ring`);
      this.listen();
    }
    new ResizeObserver(() => this.redraw()).observe(host);
  }

  listen() {
    const host = this.host;
    const follow = (event) => {
      const box = this.canvas.getBoundingClientRect();
      this.go(...this.codeAt((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
    };
    host.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      host.setPointerCapture(event.pointerId);
      this.dragging = true;
      host.focus({ preventScroll: true });
      follow(event);
    });
    host.addEventListener("pointermove", (event) => this.dragging && follow(event));
    for (const end of ["pointerup", "pointercancel"]) host.addEventListener(end, () => (this.dragging = false));
    host.addEventListener("keydown", (event) => {
      const [right, up] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] || [];
      if (right === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const step = (this.half / 50) * (event.shiftKey ? 5 : 1);
      this.go(this.point[0] + right * step, this.point[1] + up * step);
    });
  }

  /** Show the plane of a network: `decoder` (unpacked layers), `codes`, `labels`, and perhaps `widths`. */
  use({ decoder, codes, labels, widths, names, radius, ellipses = 0 }) {
    Object.assign(this, { decoder, codes, labels, widths, names, radius, ellipses });
    const sides = [0, 1].map((unit) => {
      const sorted = Float32Array.from({ length: codes.length / 2 }, (_, i) => codes[2 * i + unit]).sort();
      return [sorted[Math.floor(sorted.length * 0.004)], sorted[Math.ceil(sorted.length * 0.996) - 1]];
    });
    this.middle = radius ? [0, 0] : sides.map(([low, high]) => (low + high) / 2);
    const reach = sides.map(([low, high], unit) => Math.max(high - this.middle[unit], this.middle[unit] - low));
    this.half = 1.06 * Math.max(...reach, radius || 0);
    this.tiles = null;
    this.redraw();
  }

  codeAt(across, down) {
    return [this.middle[0] + (2 * across - 1) * this.half, this.middle[1] + (1 - 2 * down) * this.half];
  }

  placeOf(x, y) {
    return [(((x - this.middle[0]) / this.half + 1) / 2) * this.size, ((1 - (y - this.middle[1]) / this.half) / 2) * this.size];
  }

  /** Move the ring, and tell; several moves within a frame become one. */
  go(x, y) {
    const inside = (value, middle) => Math.min(Math.max(value, middle - this.half), middle + this.half);
    this.point = [inside(x, this.middle[0]), inside(y, this.middle[1])];
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.draw();
      this.moved(...this.point);
    });
  }

  /** The dot next to a code: its number and its distance. */
  nearest(x, y) {
    let best = 0, least = Infinity;
    for (let i = 0; i < this.codes.length; i += 2) {
      const square = (this.codes[i] - x) ** 2 + (this.codes[i + 1] - y) ** 2;
      if (square < least) [least, best] = [square, i / 2];
    }
    return { number: best, away: Math.sqrt(least) };
  }

  /** Decode a grid of the whole plane, some tiles a frame, and draw it under the dots. */
  showEverywhere(on) {
    this.everywhere = on;
    if (on && !this.tiles) this.decodeTiles();
    this.redraw();
  }

  decodeTiles() {
    const count = 17, tiles = document.createElement("canvas"), one = document.createElement("canvas");
    tiles.width = tiles.height = 28 * count;
    const context = tiles.getContext("2d"), decoder = this.decoder;
    let next = 0;
    const some = () => {
      if (this.decoder !== decoder) return; // another network came in between
      const end = performance.now() + 9;
      for (; next < count * count && performance.now() < end; next++) {
        const column = next % count, row = Math.floor(next / count);
        playground.show(one, [playground.answer(decoder, this.codeAt((column + 0.5) / count, (row + 0.5) / count))]);
        context.drawImage(one, 28 * column, 28 * row);
      }
      this.tiles = tiles;
      this.redraw();
      if (next < count * count) requestAnimationFrame(some);
    };
    some();
  }

  /** Draw what does not move, then the rest. */
  redraw() {
    if (!this.codes || !this.canvas.getBoundingClientRect().width) return;
    const { width } = playground.fit(this.canvas);
    this.size = width;
    [this.still.width, this.still.height] = [this.canvas.width, this.canvas.height];
    const context = this.still.getContext("2d"), colours = playground.classColours(), paper = playground.style("paper");
    context.scale(this.still.width / width, this.still.height / width);
    context.fillStyle = paper;
    context.fillRect(0, 0, width, width);
    const tiled = this.everywhere && this.tiles;
    if (tiled) {
      context.imageSmoothingEnabled = false;
      context.drawImage(this.tiles, 0, 0, width, width);
    } else this.drawAxes(context);
    if (this.ellipses) this.drawEllipses(context, colours, !tiled);
    else if (!tiled) this.drawDots(context, colours);
    if (this.radius) {
      const [x, y] = this.placeOf(0, 0);
      context.setLineDash([7, 6]);
      context.lineWidth = 2;
      context.strokeStyle = tiled ? "#fff" : playground.style("ink");
      context.beginPath();
      context.arc(x, y, (this.radius / this.half / 2) * this.size, 0, 7);
      context.stroke();
      context.setLineDash([]);
    }
    if (!tiled) this.drawNames(context, colours);
    this.draw();
  }

  drawAxes(context) {
    const raw = this.half / 2.2, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw) || raw;
    context.font = '13px system-ui, "DejaVu Sans", sans-serif';
    context.lineWidth = 1;
    for (const unit of [0, 1]) {
      const low = this.middle[unit] - this.half, high = this.middle[unit] + this.half;
      for (let tick = Math.ceil(low / step) * step; tick < high; tick += step) {
        const [x, y] = unit ? this.placeOf(this.middle[0], tick) : this.placeOf(tick, this.middle[1]);
        context.strokeStyle = playground.style("grid");
        context.beginPath();
        context.moveTo(...(unit ? [0, y] : [x, 0]));
        context.lineTo(...(unit ? [this.size, y] : [x, this.size]));
        context.stroke();
        context.fillStyle = playground.style("soft");
        const text = String(+tick.toPrecision(6)).replace("-", "−");
        context.textBaseline = unit ? "middle" : "bottom";
        context.textAlign = unit ? "left" : "center";
        if (unit ? y > 12 && y < this.size - 26 : x > 26 && x < this.size - 12) context.fillText(text, ...(unit ? [5, y] : [x, this.size - 7]));
      }
    }
  }

  drawDots(context, colours) {
    const size = this.size > 330 ? 2.4 : 1.9;
    context.globalAlpha = 0.75;
    for (let i = 0; i < this.labels.length; i++) {
      const [x, y] = this.placeOf(this.codes[2 * i], this.codes[2 * i + 1]);
      context.fillStyle = colours[this.labels[i]];
      context.beginPath();
      context.arc(x, y, size, 0, 7);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  drawEllipses(context, colours, filled) {
    const scale = this.size / this.half / 2;
    for (let i = 0; i < this.ellipses; i++) {
      const [x, y] = this.placeOf(this.codes[2 * i], this.codes[2 * i + 1]);
      context.fillStyle = context.strokeStyle = colours[this.labels[i]];
      const radii = [this.widths[2 * i] * scale, this.widths[2 * i + 1] * scale].map((each) => Math.max(each, 1.6));
      context.beginPath();
      context.ellipse(x, y, ...radii, 0, 0, 7);
      context.globalAlpha = filled ? 0.28 : 0;
      context.fill();
      context.globalAlpha = 1;
      context.stroke();
    }
  }

  /** The name of each class at the middle (median) of its codes; names that would touch move apart. */
  drawNames(context, colours) {
    const size = this.names.some((name) => name.length > 1) ? 14 : 21, places = [];
    const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
    this.names.forEach((name, label) => {
      const own = [...this.labels.keys()].filter((i) => this.labels[i] === label);
      const [x, y] = this.placeOf(median(own.map((i) => this.codes[2 * i])), median(own.map((i) => this.codes[2 * i + 1])));
      context.font = `700 ${size}px system-ui, "DejaVu Sans", sans-serif`;
      const half = context.measureText(name).width / 2;
      places.push({ name, label, half, x: Math.min(Math.max(x, half + 4), this.size - half - 4), y });
    });
    for (let round = 0; round < 60; round++) {
      for (const a of places) for (const b of places) {
        const apart = Math.abs(a.y - b.y), wanted = size * 1.15;
        if (a === b || Math.abs(a.x - b.x) > a.half + b.half + 4 || apart >= wanted) continue;
        const [upper, lower] = a.y <= b.y ? [a, b] : [b, a];
        upper.y -= (wanted - apart) / 4 + 0.1;
        lower.y += (wanted - apart) / 4 + 0.1;
      }
      for (const each of places) each.y = Math.min(Math.max(each.y, size), this.size - size - 14);
    }
    for (const { name, label, x, y } of places) playground.label(context, name, x, y, colours[label], size);
  }

  /** Draw the picture of what does not move, and on it path, cloud and ring. */
  draw() {
    if (!this.size) return;
    const { context } = playground.fit(this.canvas), ink = playground.style("ink"), paper = playground.style("paper");
    context.drawImage(this.still, 0, 0, this.size, this.size);
    const line = (width, colour, shape) => {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.beginPath();
      shape();
      context.stroke();
    };
    if (this.path) {
      const [from, to] = this.path.map((code) => this.placeOf(...code));
      for (const [width, colour] of [[6, paper], [2.5, ink]]) line(width, colour, () => {
        context.moveTo(...from);
        context.lineTo(...to);
      });
      for (const [letter, place] of [["A", from], ["B", to]]) {
        playground.label(context, letter, ...place.map((each) => Math.min(Math.max(each, 10), this.size - 10)), ink, 17);
      }
    }
    if (this.point) {
      const [x, y] = this.placeOf(...this.point), scale = this.size / this.half / 2;
      for (const [width, colour] of [[7, paper], [3.5, ink]]) line(width, colour, () => context.arc(x, y, this.cloud ? 15 : 11, 0, 7));
      if (this.cloud) {
        context.fillStyle = ink;
        context.beginPath();
        context.ellipse(x, y, ...this.cloud.map((each) => Math.max(each * scale, 2)), 0, 0, 7);
        context.fill();
        return;
      }
      context.fillStyle = ink;
      context.beginPath();
      context.arc(x, y, 2.5, 0, 7);
      context.fill();
    }
  }
};

/** The pack of a network with a plane, unpacked once. */
playground.planeOf = async (name) => {
  const pack = await playground.load(name);
  return (pack.ready ??= {
    decoder: playground.unpack(pack.decoder),
    codes: playground.array(pack.codes, Float32Array),
    labels: playground.array(pack.labels),
    widths: pack.widths && playground.array(pack.widths, Float32Array),
    examples: pack.examples && { rows: pack.examples.rows, images: playground.images(pack.examples.pixels) },
  });
};

/** Images of 28 × 28 from base64, each an array of 0 to 1. */
playground.images = (text) => {
  const bytes = playground.array(text), images = [];
  for (let at = 0; at < bytes.length; at += 784) images.push(Float32Array.from(bytes.subarray(at, at + 784), (each) => each / 255));
  return images;
};
