// Draws the plotly figures of a page. Each stands in the page as JSON; plotly's own script is large, so it is
// loaded when the first figure comes near. A figure with frames gets a slider and a button of the page's own, one
// with a menu a list to choose from: they work with the keyboard and on a phone, unlike those that plotly draws.
// Before the page is printed all its figures are drawn.
"use strict";

(() => {
  const TEXTS = {
    en: { play: "Play", pause: "Pause", frame: "Frame", choice: "What is shown", failed: "The figure cannot be drawn: its script did not load." },
    ru: { play: "Пуск", pause: "Пауза", frame: "Кадр", choice: "Что показано", failed: "Рисунок не построен: его скрипт не загрузился." },
  };
  const texts = TEXTS[document.documentElement.lang.slice(0, 2)] ?? TEXTS.en;
  const PLOTLY = new URL("plotly.min.js", document.currentScript.src);
  const FRAME_MILLISECONDS = 500;
  const NARROW = 480; // pixels; the legend then stands below the figure

  let plotly;
  function loadPlotly() {
    plotly ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = PLOTLY;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error(texts.failed));
      document.head.append(script);
    });
    return plotly;
  }

  // Loads plotly before anything else happens; a browser refuses it for pages opened as files.
  function loadPlotlyAtOnce() {
    const request = new XMLHttpRequest();
    request.open("GET", PLOTLY, false);
    request.send();
    if (request.status !== 200) return;
    document.head.append(Object.assign(document.createElement("script"), { textContent: request.responseText }));
    plotly = Promise.resolve(window.Plotly);
  }

  // --- colours: the figure's own are those of the palette on white paper; a dark page has its own shades -----

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--el-${name}`).trim();
  }

  // from the colours of a figure to those of the theme; a light page shows the figure as it was stored
  function shades() {
    if (document.documentElement.dataset.theme !== "dark") return new Map();
    const names = ["blue", "vermillion", "green", "purple", "amber", "sky", "grey", "ink", "paper"];
    return new Map(names.map((name) => [colour(`figure-${name}`).toLowerCase(), colour(name)]));
  }

  function shade(value, map) {
    if (typeof value === "string") return (value.length === 7 && map.get(value.toLowerCase())) || value;
    if (Array.isArray(value)) return value.map((item) => shade(item, map));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shade(item, map)]));
  }

  function themed(figure, width) {
    const { data, layout, frames } = shade(figure, shades());
    const line = colour("line");
    const axis = { gridcolor: line, linecolor: colour("grey"), zerolinecolor: line, tickcolor: colour("grey") };
    for (const scope of [layout, ...Object.keys(layout).filter((key) => /^scene\d*$/.test(key)).map((key) => layout[key])]) {
      const axes = ["xaxis", "yaxis", ...Object.keys(scope).filter((key) => /^[xyz]axis\d*$/.test(key))];
      for (const key of axes) scope[key] = { ...scope[key], ...axis };
    }
    Object.assign(layout, {
      autosize: true,
      width: undefined,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { ...layout.font, color: colour("ink"), family: getComputedStyle(document.body).fontFamily },
      hoverlabel: { bgcolor: colour("surface"), bordercolor: line, font: { color: colour("ink") }, ...layout.hoverlabel },
    });
    if (width < NARROW) {
      const { margin = {}, legend = {} } = layout;
      layout.margin = { ...margin, l: Math.min(margin.l ?? 48, 48), r: Math.min(margin.r ?? 12, 12) };
      const below = { orientation: "h", x: 0, xanchor: "left", y: -0.3, yanchor: "top" };
      layout.legend = legend.orientation === "h" ? legend : { ...legend, ...below };
    }
    // on a touch screen a drag scrolls the page
    if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
    return { data, layout, frames: frames ?? [], config: { responsive: true, displayModeBar: false } };
  }

  // --- animation ----------------------------------------------------------------------------------------------

  // Takes plotly's slider and its buttons out of the layout; returns the steps to show, or none.
  function takeSteps(figure) {
    const [slider] = figure.layout.sliders ?? [];
    const steps = slider?.steps ?? [];
    if (!figure.frames?.length || !steps.length || steps.some((step) => step.method !== "animate")) return null;
    delete figure.layout.sliders;
    const isAnimation = (menu) => menu.buttons.every((button) => button.method === "animate");
    figure.layout.updatemenus = (figure.layout.updatemenus ?? []).filter((menu) => !isAnimation(menu));
    return {
      prefix: slider.currentvalue?.prefix ?? "",
      active: slider.active ?? 0,
      names: steps.map((step) => [step.args[0]].flat()),
      labels: steps.map((step, index) => String(step.label ?? index)),
    };
  }

  // --- menu ---------------------------------------------------------------------------------------------------

  // Takes a menu that changes the traces out of the layout; returns what can be chosen, or null.
  function takeMenu(figure) {
    const menus = figure.layout.updatemenus ?? [];
    const isChoice = ({ type, buttons }) => type !== "buttons" && buttons.every(({ method }) => method === "restyle");
    const menu = menus.find(isChoice);
    if (!menu) return null;
    figure.layout.updatemenus = menus.filter((other) => other !== menu);
    figure.layout.margin = { ...figure.layout.margin, t: 16 }; // the menu stood there
    return {
      name: menu.name ?? texts.choice,
      labels: menu.buttons.map(({ label }) => label),
      changes: menu.buttons.map(({ args }) => args),
      active: menu.active ?? 0,
    };
  }

  function addMenu(group, menu, choose) {
    const controls = document.createElement("div");
    controls.className = "plotly-controls";
    const select = document.createElement("select");
    select.setAttribute("aria-label", menu.name);
    select.append(...menu.labels.map((label, index) => new Option(label, index, index === menu.active, index === menu.active)));
    select.addEventListener("change", () => choose(Number(select.value)));
    controls.append(select);
    group.prepend(controls);
  }

  // --- controls -----------------------------------------------------------------------------------------------

  function addControls(group, steps, show) {
    const controls = document.createElement("div");
    controls.className = "plotly-controls";
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: texts.play });
    const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: steps.labels.length - 1, step: 1, value: steps.active });
    slider.setAttribute("aria-label", steps.prefix.replace(/[:=\s]+$/, "") || texts.frame);
    const output = document.createElement("output");
    controls.append(button, slider, output);
    group.append(controls);

    const update = () => {
      const text = steps.prefix + steps.labels[slider.value];
      output.textContent = text;
      slider.setAttribute("aria-valuetext", text);
    };
    let timer = null;
    const stop = () => {
      clearInterval(timer);
      timer = null;
      button.textContent = texts.play;
    };
    const go = (index) => {
      slider.value = index;
      update();
      show(index);
    };
    slider.addEventListener("input", () => {
      stop();
      go(Number(slider.value));
    });
    button.addEventListener("click", () => {
      if (timer) return stop();
      const last = steps.labels.length - 1;
      if (Number(slider.value) === last) go(0);
      button.textContent = texts.pause;
      timer = setInterval(() => {
        go(Number(slider.value) + 1);
        if (Number(slider.value) === last) stop();
      }, FRAME_MILLISECONDS);
    });
    update();
  }

  // --- one figure ---------------------------------------------------------------------------------------------

  async function draw(group) {
    const figure = JSON.parse(group.querySelector('script[type="application/json"]').textContent);
    const steps = takeSteps(figure);
    const menu = takeMenu(figure);
    const Plotly = await loadPlotly();
    const canvas = document.createElement("div");
    canvas.style.height = `${figure.layout.height ?? 450}px`;
    group.append(canvas);

    let current = steps?.active ?? 0;
    const show = (index) => {
      current = index;
      const options = { mode: "immediate", frame: { duration: 0, redraw: true }, transition: { duration: 0 } };
      return Plotly.animate(canvas, steps.names[index], options);
    };
    let chosen = menu?.active ?? 0;
    const choose = (index) => {
      chosen = index;
      return Plotly.restyle(canvas, ...shade(menu.changes[index], shades()));
    };
    const plot = async () => {
      group.dataset.drawn = document.documentElement.dataset.theme;
      Plotly.purge(canvas);
      await Plotly.newPlot(canvas, themed(figure, group.clientWidth));
      if (menu) await choose(chosen);
      if (steps) await show(current);
    };
    await plot();
    if (menu) addMenu(group, menu, choose);
    if (steps) addControls(group, steps, show);
    new MutationObserver(() => {
      if (document.documentElement.dataset.theme !== group.dataset.drawn) plot();
    }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  function fail(group, error) {
    const message = Object.assign(document.createElement("p"), { className: "plotly-message", textContent: error.message });
    group.replaceChildren(message);
  }

  const waiting = new Set(document.querySelectorAll(".plotly-figure"));
  const near = new IntersectionObserver(
    (entries) => entries.filter(({ isIntersecting }) => isIntersecting).forEach(({ target }) => start(target)),
    { rootMargin: "600px 0px" },
  );

  function start(group) {
    near.unobserve(group);
    if (waiting.delete(group)) draw(group).catch((error) => fail(group, error));
  }

  for (const group of waiting) near.observe(group);

  // What is printed is the page as it is when the listener returns, with what its fulfilled promises have done. So
  // plotly must be there by then: from a server it comes at once; from a file it is loaded while there is time.
  window.addEventListener("beforeprint", () => {
    try {
      if (waiting.size && !window.Plotly) loadPlotlyAtOnce();
    } catch {
      return; // the words that stand for the figure are printed
    }
    if (window.Plotly) [...waiting].forEach(start);
  });
  if (waiting.size && location.protocol === "file:") {
    window.addEventListener("load", () => {
      (window.requestIdleCallback ?? setTimeout)(() => loadPlotly().catch(() => {}));
    });
  }
})();
