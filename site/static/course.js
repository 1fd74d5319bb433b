/* What the course's pages do beyond showing: gates, quizzes, filters, light and dark. Plain JavaScript, no request.
   It runs before the page is drawn; only if it gets to its end does the style sheet cover anything. */
"use strict";

(function () {
  const root = document.documentElement;

  /* What a reader did stays in this browser. Where it may keep nothing, the pages work all the same. */
  const memory = {
    get(key, otherwise) {
      try {
        return JSON.parse(localStorage.getItem(key)) ?? otherwise;
      } catch {
        return otherwise;
      }
    },
    set(key, value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        /* a private window */
      }
    },
  };
  const GUESSES = "course.guesses";
  const OPEN = "course.open";

  /* Light and dark: the theme's own script reads these two. */
  let mode = null;
  try {
    mode = localStorage.getItem("mode");
  } catch {
    /* as above */
  }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.mode = mode || "auto";
  root.dataset.theme = mode === "dark" || mode === "light" ? mode : dark ? "dark" : "light";

  root.classList.add("gates");
  const asked = new URLSearchParams(location.search);
  if (asked.has("show")) memory.set(OPEN, asked.get("show") === "everything");
  root.classList.toggle("all-open", memory.get(OPEN, false));

  function ready() {
    document.querySelectorAll("form.gate").forEach(prepareGate);
    document.querySelectorAll("form.quiz:not(.quiz-open)").forEach(prepareQuiz);
    document.querySelectorAll("form.filter").forEach(prepareFilter);
    prepareSwitches();
    addEventListener("hashchange", goToTarget);
    addEventListener("load", reach);
    addEventListener("resize", reach);
    goToTarget();
    /* From a file the search cannot read the pages that it finds; its list of places needs none of them. */
    if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
      DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
    }
  }

  /* ---- gates ---- */

  const guesses = () => memory.get(GUESSES, {});

  function prepareGate(form) {
    const covered = document.getElementById(form.dataset.covers);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const guess = (new FormData(form).get("guess") || "").trim();
      if (!guess) {
        show(form, "Write a guess first: a number, or words. A wrong guess teaches most.");
        form.querySelector("input").focus();
        return;
      }
      memory.set(GUESSES, { ...guesses(), [form.dataset.claim]: guess });
      open(form, covered, guess);
      form.querySelector(".gate-result").focus();
    });
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      const kept = guesses();
      delete kept[form.dataset.claim];
      memory.set(GUESSES, kept);
      close(form, covered);
      form.querySelector("input").focus();
    });
    const guess = guesses()[form.dataset.claim];
    if (guess) open(form, covered, guess);
    else close(form, covered);
  }

  function show(form, text) {
    form.querySelector(".gate-result").textContent = text;
  }

  function close(form, covered) {
    form.classList.remove("committed");
    covered.classList.remove("open");
    show(form, "");
    form.querySelectorAll("input").forEach((field) => {
      if (field.type === "radio") field.checked = false;
      else field.value = "";
    });
  }

  function open(form, covered, guess) {
    const about = form.dataset;
    const result = form.querySelector(".gate-result");
    const pairs = [
      ["You guessed", guess],
      ["Our run measured", about.written],
    ];
    if (about.report) pairs.push(["The report", about.report]);
    const list = document.createElement("dl");
    pairs.forEach(([name, value]) => {
      const part = list.appendChild(document.createElement("div"));
      part.appendChild(document.createElement("dt")).textContent = name;
      part.appendChild(document.createElement("dd")).textContent = value;
    });
    const told = document.createElement("p");
    told.textContent = `${compared(guess, about)} Range for another machine: ${about.range} (${about.kind}). `;
    const again = told.appendChild(document.createElement("button"));
    again.type = "reset";
    again.textContent = "Guess again";
    result.replaceChildren(list, told);
    form.classList.add("committed");
    covered.classList.add("open");
    reach();
  }

  /* A guess as a number: 0.5, 0,5, 50 %, 1,000; NaN for words. Yes is 1 and no is 0. */
  function numberIn(text, measured) {
    const word = { yes: 1, no: 0 }[text.toLowerCase()];
    if (word !== undefined) return word;
    let plain = text.replace(/\s/g, "").replace("−", "-");
    const percent = plain.endsWith("%");
    if (percent) plain = plain.slice(0, -1);
    plain = /^[-+]?\d{1,3}(,\d{3})+$/.test(plain) ? plain.replace(/,/g, "") : plain.replace(",", ".");
    if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) return NaN;
    const number = Number(plain);
    return percent && !measured.endsWith("%") && Math.abs(number) <= 1 ? number : percent ? number / 100 : number;
  }

  function compared(guess, about) {
    const value = Number(about.value);
    let number = numberIn(guess, about.written);
    if (Number.isNaN(number) || about.value === "") return "";
    if (about.written.endsWith("%") && Math.abs(number) > 1.5 && !guess.includes("%")) number /= 100; /* 53 for 53 % */
    if (number >= Number(about.low) && number <= Number(about.high)) return "Your guess is inside the range.";
    const more = number > value ? "above" : "below";
    const ratio = number / value;
    if (ratio > 0 && (ratio >= 2 || ratio <= 0.5)) {
      const times = ratio > 1 ? ratio : 1 / ratio;
      const shown = times < 10 ? times.toFixed(1) : Math.round(times).toLocaleString("en");
      return ratio > 1 ? `Your guess is ${shown} times the measured value.` : `The measured value is ${shown} times your guess.`;
    }
    return `Your guess is ${more} the measured value.`;
  }

  /* A link into covered text leads to the gate before it, which says why. */
  function goToTarget() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const covered = target.closest(".covered:not(.open)");
    if (covered && !root.classList.contains("all-open")) {
      const form = document.querySelector(`form[data-covers="${covered.id}"]`);
      form.scrollIntoView({ block: "center" });
      show(form, "What you are looking for is covered by this gate. Guess first.");
    }
    for (let part = target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  }

  /* A formula that is wider than the window can be scrolled with the keyboard, too. */
  function reach() {
    document.querySelectorAll("div.math").forEach((formula) => {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
    });
  }

  /* ---- quizzes ---- */

  function prepareQuiz(form) {
    form.classList.add("closed");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = form.querySelector("input:checked");
      const status = form.querySelector(".quiz-status");
      form.querySelectorAll(".option").forEach((option) => option.classList.remove("told"));
      if (!chosen) {
        status.textContent = "Choose an answer first.";
        return;
      }
      const option = chosen.closest(".option");
      option.classList.add("told");
      const right = chosen.value === "yes";
      form.classList.toggle("closed", !right);
      status.textContent = right ? "Right. The other answers say why they are not." : "Not this one. ";
      if (right) return;
      const why = status.appendChild(document.createElement("span")); /* the eye finds it below the answer */
      why.className = "why-again";
      why.textContent = option.querySelector(".why").textContent;
    });
  }

  /* ---- tables ---- */

  function prepareFilter(form) {
    const table = document.getElementById(form.dataset.table);
    const rows = [...table.tBodies[0].rows];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const fields = [...form.querySelectorAll("select")];
    const update = () => {
      const words = form.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, place) => {
        const found = words.every((word) => texts[place].includes(word));
        const chosen = fields.every((field) => !field.value || row.dataset[field.dataset.by] === field.value);
        row.hidden = !(found && chosen);
        shown += !row.hidden;
      });
      const told = form.querySelector(".filter-status");
      told.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} ${form.dataset.things} shown`;
    };
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", update);
    update();
  }

  /* ---- what stands above a page ---- */

  function prepareSwitches() {
    const light = document.querySelector(".switch-light");
    const tellLight = () => light.setAttribute("aria-pressed", root.dataset.theme === "dark");
    light?.addEventListener("click", () => {
      const next = root.dataset.theme === "dark" ? "light" : "dark";
      root.dataset.mode = root.dataset.theme = next;
      try {
        localStorage.setItem("mode", next);
        localStorage.setItem("theme", next);
      } catch {
        /* as above */
      }
      tellLight();
    });
    if (light) tellLight();

    const all = document.querySelector("button.show-everything");
    const tellAll = (shown) => {
      all?.setAttribute("aria-pressed", shown);
      document.querySelectorAll(".bd-article details").forEach((part) => {
        if (shown && !part.open) part.dataset.opened = part.open = true;
        else if (!shown && part.dataset.opened) part.open = false;
        if (!shown) delete part.dataset.opened;
      });
    };
    all?.addEventListener("click", () => {
      const shown = root.classList.toggle("all-open");
      memory.set(OPEN, shown);
      tellAll(shown);
      reach();
    });
    tellAll(root.classList.contains("all-open"));
  }

  document.addEventListener("DOMContentLoaded", () => {
    try {
      ready();
    } catch (error) {
      root.classList.remove("gates"); /* rather open than covered for good */
      throw error;
    }
  });
})();
