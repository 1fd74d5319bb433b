// The small joint clustering of scene 4. The function's own text runs in a Web Worker, so it uses nothing from outside.
"use strict";

playground.trainer = function trainer(scope) {
  const K = 10, SHOWN_MS = 250, BATCH = 50, RATE = 0.002, PRETRAIN = 10, RAMP = 5;
  let images, digits, options, random, layers, code, step, epoch, centroids, first, wide, running = false, waiting = false, single = false, end;

  const seeded = (seed) => () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  /** A network 196-64-32-2-32-64-196, weights as Keras draws them (Glorot, uniform), for batches. */
  function build() {
    random = seeded(options.seed);
    const sizes = [196, 64, 32, 2, 32, 64, 196];
    code = 2; // the layer whose answer is the code
    layers = sizes.slice(1).map((outputs, number) => {
      const inputs = sizes[number], limit = Math.sqrt(6 / (inputs + outputs)), count = inputs * outputs;
      const kind = number === 5 ? "sigmoid" : number === code && options.linear ? "linear" : "relu";
      const zeros = (n) => new Float32Array(n);
      return {
        inputs, outputs, kind,
        rows: Float32Array.from({ length: count }, () => (2 * random() - 1) * limit), bias: zeros(outputs),
        slope: zeros(count), biasSlope: zeros(outputs),
        m: zeros(count), v: zeros(count), biasM: zeros(outputs), biasV: zeros(outputs),
        answer: zeros(BATCH * outputs), error: zeros(BATCH * outputs),
      };
    });
    [step, epoch, centroids, first, wide] = [0, 0, null, null, 0];
  }

  // Weights lie input by input, so that an input of 0 (black pixels, units at rest) costs nothing.

  function forward({ inputs, outputs, kind, rows, bias, answer }, x, count) {
    for (let n = 0, from = 0, to = 0; n < count; n++, from += inputs, to += outputs) {
      for (let i = 0; i < outputs; i++) answer[to + i] = bias[i];
      for (let j = 0, at = 0; j < inputs; j++, at += outputs) {
        const value = x[from + j];
        if (value !== 0) for (let i = 0; i < outputs; i++) answer[to + i] += value * rows[at + i];
      }
      if (kind === "relu") for (let i = to; i < to + outputs; i++) answer[i] = Math.max(answer[i], 0);
      if (kind === "sigmoid") for (let i = to; i < to + outputs; i++) answer[i] = 1 / (1 + Math.exp(-answer[i]));
    }
    return answer;
  }

  /** Slopes of the loss by a layer's weights, added up, and by its inputs x, answers of the layer `under` it. */
  function backward({ inputs, outputs, rows, slope, biasSlope, error }, x, under, count) {
    for (let n = 0, from = 0, to = 0; n < count; n++, from += inputs, to += outputs) {
      for (let i = 0; i < outputs; i++) biasSlope[i] += error[to + i];
      for (let j = 0, at = 0; j < inputs; j++, at += outputs) {
        const value = x[from + j];
        if (value !== 0) for (let i = 0; i < outputs; i++) slope[at + i] += value * error[to + i];
        if (!under) continue;
        let sum = 0;
        if (value !== 0 || under.kind === "linear") for (let i = 0; i < outputs; i++) sum += error[to + i] * rows[at + i];
        under.error[from + j] = sum;
      }
    }
  }

  function adam(values, slopes, m, v, rate) {
    for (let i = 0; i < values.length; i++) {
      const g = slopes[i];
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      values[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + 1e-7);
      slopes[i] = 0;
    }
  }

  function nearest(codes, at) {
    let best = 0, least = Infinity;
    for (let k = 0; k < K; k++) {
      const square = (codes[at] - centroids[2 * k]) ** 2 + (codes[at + 1] - centroids[2 * k + 1]) ** 2;
      if (square < least) [least, best] = [square, k];
    }
    return best;
  }

  /** An epoch of training towards the centroids; weights of the two terms may change between two epochs. */
  function train(alpha, beta, assigned) {
    const order = Array.from(digits.keys());
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    const batch = new Float32Array(BATCH * 196);
    for (let start = 0; start < order.length; start += BATCH) {
      const rows = order.slice(start, start + BATCH), count = rows.length;
      rows.forEach((row, n) => batch.set(images.subarray(196 * row, 196 * row + 196), 196 * n));
      let x = batch;
      for (const layer of layers) x = forward(layer, x, count);
      const last = layers[layers.length - 1], codes = layers[code].answer;
      for (let i = 0; i < count * 196; i++) {
        const a = last.answer[i];
        last.error[i] = ((alpha * 2 * (a - batch[i])) / (count * 196)) * a * (1 - a);
      }
      for (let number = layers.length - 1; number >= 0; number--) {
        const under = layers[number - 1], layer = layers[number];
        backward(layer, under ? under.answer : batch, under, count);
        if (number - 1 === code && beta) {
          for (let n = 0; n < count; n++) { // the distance pulls at each code with slope 1
            const k = assigned ? assigned[rows[n]] : nearest(codes, 2 * n);
            const dx = codes[2 * n] - centroids[2 * k], dy = codes[2 * n + 1] - centroids[2 * k + 1];
            const away = Math.max(Math.hypot(dx, dy), 1e-7);
            under.error[2 * n] += (beta * dx) / away / count;
            under.error[2 * n + 1] += (beta * dy) / away / count;
          }
        }
        if (under && under.kind === "relu") for (let i = 0; i < count * under.outputs; i++) if (under.answer[i] <= 0) under.error[i] = 0;
      }
      step += 1;
      const rate = (RATE * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
      for (const l of layers) {
        adam(l.rows, l.slope, l.m, l.v, rate);
        adam(l.bias, l.biasSlope, l.biasM, l.biasV, rate);
      }
    }
  }

  /** Codes (n × 2) and the mean squared error of all images. */
  function encode() {
    const codes = new Float32Array(2 * digits.length);
    let squares = 0;
    for (let start = 0; start < digits.length; start += BATCH) {
      const count = Math.min(BATCH, digits.length - start), batch = images.subarray(196 * start, 196 * (start + count));
      let x = batch;
      for (const layer of layers) x = forward(layer, x, count);
      codes.set(layers[code].answer.subarray(0, 2 * count), 2 * start);
      for (let i = 0; i < 196 * count; i++) squares += (x[i] - batch[i]) ** 2;
    }
    return { codes, error: squares / images.length };
  }

  /** K-Means, the best of three starts by k-means++: sets the centroids. */
  function kMeans(codes) {
    const n = digits.length;
    let best = Infinity, chosen = null;
    for (let start = 0; start < 3; start++) {
      centroids = new Float32Array(2 * K);
      const squares = new Float64Array(n).fill(Infinity);
      let pick = Math.floor(random() * n);
      for (let k = 0; k < K; k++) {
        centroids.set(codes.subarray(2 * pick, 2 * pick + 2), 2 * k);
        let sum = 0;
        for (let i = 0; i < n; i++) {
          const square = (codes[2 * i] - centroids[2 * k]) ** 2 + (codes[2 * i + 1] - centroids[2 * k + 1]) ** 2;
          squares[i] = Math.min(squares[i], square);
          sum += squares[i];
        }
        let left = random() * sum;
        for (pick = 0; pick < n - 1 && (left -= squares[pick]) > 0; pick++);
      }
      let inertia = Infinity;
      for (let round = 0; round < 40; round++) {
        const sums = new Float64Array(3 * K);
        let now = 0;
        for (let i = 0; i < n; i++) {
          const k = nearest(codes, 2 * i);
          now += (codes[2 * i] - centroids[2 * k]) ** 2 + (codes[2 * i + 1] - centroids[2 * k + 1]) ** 2;
          sums[3 * k] += codes[2 * i];
          sums[3 * k + 1] += codes[2 * i + 1];
          sums[3 * k + 2] += 1;
        }
        for (let k = 0; k < K; k++) {
          if (sums[3 * k + 2]) for (const unit of [0, 1]) centroids[2 * k + unit] = sums[3 * k + unit] / sums[3 * k + 2];
        }
        if (!(now < inertia * 0.9999)) break;
        inertia = now;
      }
      if (inertia < best || !chosen) [best, chosen] = [inertia, centroids];
    }
    centroids = chosen;
  }

  /** The most images that can be right if each cluster stands for one digit: table (K × K) of counts; Kuhn, 1955. */
  function matched(table) {
    const u = new Float64Array(K + 1), v = new Float64Array(K + 1), partner = new Int32Array(K + 1), way = new Int32Array(K + 1);
    for (let row = 1; row <= K; row++) {
      partner[0] = row;
      let column = 0;
      const least = new Float64Array(K + 1).fill(Infinity), used = new Uint8Array(K + 1);
      do {
        used[column] = 1;
        let delta = Infinity, next = 0;
        for (let j = 1; j <= K; j++) {
          if (used[j]) continue;
          const cost = -table[(partner[column] - 1) * K + j - 1] - u[partner[column]] - v[j];
          if (cost < least[j]) [least[j], way[j]] = [cost, column];
          if (least[j] < delta) [delta, next] = [least[j], j];
        }
        for (let j = 0; j <= K; j++) {
          if (used[j]) {
            u[partner[j]] += delta;
            v[j] -= delta;
          } else least[j] -= delta;
        }
        column = next;
      } while (partner[column]);
      do {
        partner[column] = partner[way[column]];
        column = way[column];
      } while (column);
    }
    let right = 0;
    for (let j = 1; j <= K; j++) right += table[(partner[j] - 1) * K + j - 1];
    return right;
  }

  /** Everything about the present network, after K-Means on its codes. */
  function measure(ms) {
    const { codes, error } = encode(), n = digits.length;
    kMeans(codes);
    const table = new Float64Array(K * K), clusters = new Uint8Array(n), mean = [0, 0];
    let distance = 0;
    for (let i = 0; i < n; i++) {
      const k = (clusters[i] = nearest(codes, 2 * i));
      table[k * K + digits[i]] += 1;
      distance += Math.hypot(codes[2 * i] - centroids[2 * k], codes[2 * i + 1] - centroids[2 * k + 1]);
      for (const unit of [0, 1]) mean[unit] += codes[2 * i + unit] / n;
    }
    let squares = 0;
    for (let i = 0; i < codes.length; i++) squares += (codes[i] - mean[i % 2]) ** 2;
    const spread = Math.sqrt(squares / codes.length), places = new Set();
    for (let k = 0; k < K; k++) if (clusters.includes(k)) places.add(`${centroids[2 * k]},${centroids[2 * k + 1]}`);
    distance /= n;
    wide = Math.max(wide, spread);
    if (!first && epoch >= 0) first = { error: Math.max(error, 1e-12), distance: Math.max(distance, 1e-12) };
    scope.postMessage({
      epoch, error, distance, spread, kept: wide ? spread / wide : 0, live: places.size, accuracy: matched(table) / n,
      codes, centroids: centroids.slice(), ms,
    });
    return clusters;
  }

  let clusters;

  function oneEpoch() {
    waiting = false;
    if (!running && !single) return; // paused in between
    single = false;
    const started = Date.now();
    epoch += 1;
    if (epoch <= 0) train(1, 0, null); // pretraining counts up to 0
    else {
      const ramp = options.divide ? Math.min(1, epoch / RAMP) : 1;
      const [alpha, beta] = options.divide ? [1 / first.error, (ramp * options.beta) / first.distance] : [1, options.beta];
      train(alpha, beta, options.assigned && clusters);
    }
    const ms = Date.now() - started;
    clusters = measure(ms);
    if (epoch === end) running = false;
    if (running) soon(Math.max(0, SHOWN_MS - ms)); // an eye wants to follow
  }

  function soon(pause = 0) {
    if (waiting) return;
    waiting = true;
    setTimeout(oneEpoch, pause); // messages come in between
  }

  const commands = {
    data: (pixels, labels) => {
      images = Float32Array.from(pixels, (each) => each / 255);
      digits = labels;
    },
    start: (chosen) => {
      options = { ...chosen };
      build();
      epoch = options.pretrain ? -PRETRAIN : 0;
      clusters = measure(0);
    },
    set: (chosen) => Object.assign(options, chosen),
    run: (on, until) => {
      [running, end] = [on, until];
      if (on) soon();
    },
    one: () => {
      single = true;
      soon();
    },
    /** The same network with a smaller code: into the code divided, out of it multiplied. */
    shrink: (factor) => {
      const [into, out] = [layers[code], layers[code + 1]];
      for (const values of [into.rows, into.bias]) for (let i = 0; i < values.length; i++) values[i] /= factor;
      for (let i = 0; i < out.rows.length; i++) out.rows[i] *= factor;
      clusters = measure(0);
    },
  };

  scope.onmessage = ({ data: [command, ...values] }) => commands[command](...values);
};

/** A worker from the trainer's own text: a page on disk may not load one from a file. */
playground.startTrainer = () => {
  const source = `"use strict";(${playground.trainer.toString()})(self);`;
  return new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
};
