// Scene 3: five VAEs, each trained with its own weight of the KL.
"use strict";

playground.scenes.beta = (() => {
  const get = (id) => document.getElementById(id);
  let tell = () => {}, plane, net, wanted, sampled;
  const nameOf = (beta) => (beta === 1 ? "vae-digits" : `beta-${beta}`);
  const chosen = () => playground.course.betas[get("beta-slider").value];

  function decode() {
    const { number, away } = plane.nearest(...plane.point);
    playground.show(get("beta-image"), [playground.answer(net.decoder, plane.point)]);
    const code = plane.point.map((each) => each.toFixed(2).replace("-", "−")).join(", ");
    get("beta-says").textContent = `Code (${code}). Nearest dot: ${plane.names[plane.labels[number]]}, ${away.toFixed(2)} away.`;
  }

  const decoded = (codes) => codes.map((code) => Float32Array.from(playground.answer(net.decoder, code)));

  async function use(point) {
    const beta = (wanted = chosen());
    get("beta-value").textContent = beta;
    get("beta-slider").setAttribute("aria-valuetext", `beta ${beta}`);
    for (const row of get("beta-table").tBodies[0].rows) {
      if (+row.dataset.beta === beta) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    const [found, digits] = await Promise.all([playground.planeOf(nameOf(beta)), playground.planeOf("vae-digits")]);
    if (beta !== wanted) return; // the slider moved on
    net = found;
    plane.use({ ...net, names: playground.course.names.digits, radius: playground.course.radius, ellipses: 150 });
    plane.showEverywhere(get("beta-everywhere").checked);
    plane.go(...(point || plane.point));
    const { rows, images } = digits.examples;
    playground.show(get("beta-real"), images);
    playground.show(get("beta-back"), decoded(rows.map((row) => [net.codes[2 * row], net.codes[2 * row + 1]])));
    playground.show(get("beta-new"), decoded(sampled));
  }

  function fillTable() {
    const columns = { reconstruction: "recon­struction", kl: "KL", loss: "sum", active: "active", greyness: "grey­ness", evenness: "even" };
    const body = playground.course.betas.map((beta) => {
      const measured = playground.measured[nameOf(beta)];
      const cells = Object.keys(columns).map((key) => `<td>${measured[key].toFixed(key === "active" ? 0 : 1)}</td>`);
      return `<tr data-beta="${beta}"><th scope="row">${beta}</th>${cells.join("")}</tr>`;
    });
    const head = Object.values(columns).map((name) => `<th scope="col">${name}</th>`);
    get("beta-table").innerHTML = `<thead><tr><th scope="col">β</th>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody>`;
    get("beta-ticks").replaceChildren(...playground.course.betas.map((beta) => Object.assign(document.createElement("span"), { textContent: beta })));
  }

  function build(changed) {
    tell = changed;
    fillTable();
    const random = playground.random(4);
    sampled = Array.from({ length: 10 }, () => [playground.normal(random), playground.normal(random)]);
    plane = new playground.Plane(get("beta-plane"), { label: "Plane of the VAE with this beta", moved: () => (decode(), tell()) });
    get("beta-slider").addEventListener("input", () => (use(), tell()));
    get("beta-everywhere").addEventListener("change", () => (plane.showEverywhere(get("beta-everywhere").checked), tell()));
  }

  async function open(values) {
    const at = playground.course.betas.indexOf(+values.beta);
    get("beta-slider").value = values.beta && at >= 0 ? at : playground.course.betas.indexOf(1);
    get("beta-everywhere").checked = values.all === "1";
    await use(playground.numbers(values.code, 2) || [0, 0]);
  }

  return {
    build, open, redraw: () => plane.redraw(), close() {},
    values: () => ({ beta: chosen(), code: playground.short(...plane.point), all: get("beta-everywhere").checked ? 1 : "" }),
  };
})();
