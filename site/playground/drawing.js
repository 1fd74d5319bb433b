// From ink on a canvas to the 28 × 28 pixels that networks of MNIST know.
"use strict";

playground.drawing = (() => {
  /** Grey values, 0 to 1, of a canvas: white ink on black. */
  function ink(canvas) {
    const { width, height } = canvas, data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    return { width, height, grey: Float32Array.from({ length: width * height }, (_, i) => data[4 * i] / 255) };
  }

  /** The smallest box that holds all ink: left, top, width, height; null without ink. */
  function boxOf({ width, height, grey }) {
    let [left, top, right, bottom] = [width, height, -1, -1];
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (grey[i] < 0.04) continue;
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = y;
      }
    }
    return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
  }

  /** A part of a picture in other pixels, each the mean of the area that it covers. */
  function shrunk({ width, grey }, box, wide, high) {
    const found = new Float32Array(wide * high);
    const share = (from, to, pixel) => Math.min(to, pixel + 1) - Math.max(from, pixel);
    for (let row = 0; row < high; row++) {
      const [y0, y1] = [row, row + 1].map((each) => box.top + (each * box.height) / high);
      for (let column = 0; column < wide; column++) {
        const [x0, x1] = [column, column + 1].map((each) => box.left + (each * box.width) / wide);
        let sum = 0;
        for (let y = Math.floor(y0); y < y1; y++) {
          for (let x = Math.floor(x0); x < x1; x++) sum += grey[y * width + x] * share(y0, y1, y) * share(x0, x1, x);
        }
        found[row * wide + column] = sum / ((y1 - y0) * (x1 - x0));
      }
    }
    return found;
  }

  /** MNIST's preparation: the longer side becomes 20 pixels, then the centre of mass goes to the middle of 28 × 28. */
  function prepare(canvas) {
    const picture = ink(canvas), box = boxOf(picture);
    if (!box) return null;
    const scale = 20 / Math.max(box.width, box.height);
    const [wide, high] = [box.width, box.height].map((side) => Math.max(1, Math.round(side * scale)));
    const small = shrunk(picture, box, wide, high), inBox = new Float32Array(400), prepared = new Float32Array(784);
    let mass = 0, across = 0, down = 0;
    for (let i = 0; i < small.length; i++) {
      mass += small[i];
      across += small[i] * (i % wide);
      down += small[i] * Math.floor(i / wide);
    }
    const left = Math.min(Math.max(Math.round(14 - across / mass), 0), 28 - wide);
    const top = Math.min(Math.max(Math.round(14 - down / mass), 0), 28 - high);
    for (let i = 0; i < small.length; i++) {
      const [x, y] = [i % wide, Math.floor(i / wide)];
      inBox[(y + ((20 - high) >> 1)) * 20 + x + ((20 - wide) >> 1)] = small[i];
      prepared[(y + top) * 28 + x + left] = small[i];
    }
    return { inBox, prepared };
  }

  // Strokes in the address: three letters a point, of a grid of 512 × 512; a dot between strokes.
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const written = (strokes) => strokes.map((stroke) => stroke.map(([x, y]) => {
    const number = x * 512 + y;
    return letters[number >> 12] + letters[(number >> 6) & 63] + letters[number & 63];
  }).join("")).join(".");
  const read = (text) => (text || "").split(".").map((stroke) => (stroke.match(/[\w-]{3}/g) || []).map((point) => {
    const number = [...point].reduce((sum, letter) => 64 * sum + letters.indexOf(letter), 0);
    return [number >> 9, number & 511];
  })).filter((stroke) => stroke.length);

  return { prepare, written, read };
})();
