// <word-projector>: words as points in two or three dimensions, to be turned, searched and read as a table. Light DOM,
// no dependency. The data stand in the element as JSON; what else it holds is shown where no script runs.
"use strict";

(() => {
  const TEXTS = {
    en: {
      search: "Find a word", view: "Dimensions", groups: "At home in", nearest: "Nearest", word: "word", home: "at home in", table: "All words as a table",
      map: "Map of words. Arrow keys go from word to word, plus and minus zoom, in three dimensions A and D turn it.",
      left: "turn left", right: "turn right", nearer: "zoom in", farther: "zoom out",
      chosen: (word, group, near) => `${word} (${group}). Nearest: ${near}.`,
      unknown: (word, near) => `“${word}” is not among these words.${near.length ? ` Near it in spelling: ${near.join(", ")}.` : ""}`,
    },
    ru: {
      search: "Найти слово", view: "Измерения", groups: "Из библиотеки", nearest: "Ближайшие", word: "слово", home: "библиотека", table: "Все слова таблицей",
      map: "Карта слов. Стрелки ведут от слова к слову, плюс и минус меняют масштаб, в трёх измерениях A и D поворачивают.",
      left: "повернуть влево", right: "повернуть вправо", nearer: "ближе", farther: "дальше",
      chosen: (word, group, near) => `${word} (${group}). Ближайшие: ${near}.`,
      unknown: (word, near) => `Слова «${word}» здесь нет.${near.length ? ` Похожие: ${near.join(", ")}.` : ""}`,
    },
  };
  const COLOURS = ["blue", "vermillion", "green", "grey", "purple", "amber", "sky"];
  let count = 0;

  // --- what it calculates: pure functions, tested without a page -------------------------------------------------

  // Turns a point around the upright axis, then around the level one; the third number is the depth.
  function turn([x, y, z], yaw, pitch) {
    const [cosYaw, sinYaw, cosPitch, sinPitch] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const [across, depth] = [x * cosYaw + z * sinYaw, z * cosYaw - x * sinYaw];
    return [across, y * cosPitch - depth * sinPitch, depth * cosPitch + y * sinPitch];
  }

  // The point to go to from `from` in a direction: near, and at most 45 degrees off; -1 if there is none.
  function toward(places, from, [right, down], open = () => true) {
    let best = -1, least = Infinity;
    places.forEach(([x, y], index) => {
      const [dx, dy] = [x - places[from][0], y - places[from][1]];
      const ahead = dx * right + dy * down, aside = Math.abs(dx * down - dy * right);
      if (index === from || ahead <= 0 || aside > ahead || !open(index)) return;
      const cost = ahead + 2 * aside;
      if (cost < least) [best, least] = [index, cost];
    });
    return best;
  }

  function distance(one, other) {
    let row = Array.from({ length: other.length + 1 }, (_, index) => index);
    for (let i = 1; i <= one.length; i++) {
      const next = [i];
      for (let j = 1; j <= other.length; j++) next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (one[i - 1] !== other[j - 1])));
      row = next;
    }
    return row[other.length];
  }

  // The words spelled most like this one: at most three, at most a third of the letters changed.
  function spelledAlike(word, words) {
    const near = words.map((other) => [distance(word, other), other]).filter(([changes, other]) => changes <= Math.max(1, other.length / 3));
    return near.sort((a, b) => a[0] - b[0]).slice(0, 3).map(([, other]) => other);
  }

  // --- the element ----------------------------------------------------------------------------------------------------

  function make(tag, properties = {}, ...children) {
    const { aria = {}, ...rest } = properties;
    const element = Object.assign(document.createElement(tag), rest);
    for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, value);
    element.append(...children);
    return element;
  }

  class WordProjector extends HTMLElement {
    connectedCallback() {
      if (this.data) return;
      const script = this.querySelector('script[type="application/json"]');
      if (!script) return;
      this.data = JSON.parse(script.textContent);
      this.texts = TEXTS[(this.closest("[lang]")?.lang ?? "en").slice(0, 2)] ?? TEXTS.en;
      Object.assign(this, { yaw: 0.5, pitch: 0.3, zoom: 1, solid: false, hidden_: new Set(), chosen: this.data.chosen });
      this.setAttribute("role", "group");
      this.build();
      this.choose(this.chosen);
      new ResizeObserver(() => this.draw()).observe(this.canvas);
      new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    }

    build() {
      const { texts, data } = this;
      const name = `projector-${++count}`;
      this.input = make("input", { id: `${name}-word`, type: "search", autocomplete: "off", spellcheck: false });
      this.input.setAttribute("list", `${name}-words`);
      const list = make("datalist", { id: `${name}-words` }, ...data.words.map((word) => make("option", { value: word })));
      this.input.addEventListener("change", () => this.find());
      const views = make("fieldset", { className: "wp-views" }, make("legend", { textContent: texts.view }));
      for (const dimensions of [2, 3]) {
        const radio = make("input", { type: "radio", name, id: `${name}-${dimensions}`, checked: dimensions === 2 });
        radio.addEventListener("change", () => { this.solid = dimensions === 3; this.turns.hidden = !this.solid; this.draw(); });
        views.append(make("label", { htmlFor: radio.id }, radio, `${dimensions}-D`));
      }
      const groups = make("fieldset", { className: "wp-groups" }, make("legend", { textContent: texts.groups }));
      data.groups.forEach((group, index) => {
        const box = make("input", { type: "checkbox", checked: true, id: `${name}-group-${index}` });
        box.addEventListener("change", () => { this.hidden_[box.checked ? "delete" : "add"](index); this.draw(); });
        const mark = make("canvas", { width: 32, height: 32, className: "wp-mark", aria: { hidden: "true" } });
        groups.append(make("label", { htmlFor: box.id }, box, mark, group));
      });
      this.marks = [...groups.querySelectorAll("canvas")];
      const button = (text, label, act) => {
        const made = make("button", { type: "button", textContent: text, title: label, aria: { label } });
        made.addEventListener("click", act);
        return made;
      };
      this.turns = make("span", { hidden: true }, button("↺", texts.left, () => this.rotate(-0.25, 0)), button("↻", texts.right, () => this.rotate(0.25, 0)));
      const zooms = make("span", {}, button("+", texts.nearer, () => this.scale(1.3)), button("−", texts.farther, () => this.scale(1 / 1.3)));
      this.canvas = make("canvas", { className: "wp-map", tabIndex: 0, aria: { label: texts.map } });
      this.canvas.setAttribute("role", "application");
      this.canvas.addEventListener("keydown", (event) => this.press(event));
      this.followPointer();
      this.message = make("p", { className: "wp-message" });
      this.message.setAttribute("role", "status");
      this.near = make("ol", { className: "wp-near", aria: { label: texts.nearest } });
      this.table = make("details", { className: "wp-table fold" }, make("summary", { textContent: texts.table }));
      this.table.addEventListener("toggle", () => this.fillTable(), { once: true });
      this.replaceChildren(
        make("div", { className: "wp-controls" }, make("div", {}, make("label", { htmlFor: this.input.id, textContent: texts.search }), this.input, list), views, groups),
        make("div", { className: "wp-stage" }, this.canvas, make("div", { className: "wp-buttons" }, this.turns, zooms)),
        this.message, this.near, this.table);
    }

    fillTable() {
      const { texts, data } = this;
      const head = [texts.word, texts.home, texts.nearest].map((text) => make("th", { scope: "col", textContent: text }));
      const rows = data.words.map((word, index) => make("tr", {}, make("th", { scope: "row", textContent: word }),
        make("td", { textContent: data.groups[data.homes[index]] }), make("td", { textContent: data.near[index].slice(0, 5).map((other) => data.words[other]).join(", ") })));
      const frame = make("div", { tabIndex: 0, aria: { label: texts.table } }, make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)));
      frame.setAttribute("role", "region");
      this.table.append(frame);
    }

    find() {
      const word = this.input.value.trim().toLowerCase();
      const index = this.data.words.indexOf(word);
      if (index >= 0) this.choose(index);
      else if (word) this.message.textContent = this.texts.unknown(word, spelledAlike(word, this.data.words));
    }

    choose(index) {
      const { data, texts } = this;
      this.chosen = index;
      const near = data.near[index];
      this.input.value = data.words[index];
      this.message.textContent = texts.chosen(data.words[index], data.groups[data.homes[index]], near.map((other) => data.words[other]).join(", "));
      this.near.replaceChildren(...near.map((other) => {
        const button = make("button", { type: "button", textContent: data.words[other] });
        button.addEventListener("click", () => { this.choose(other); this.near.querySelector("button").focus(); });
        return make("li", {}, button);
      }));
      this.draw();
    }

    rotate(yaw, pitch) {
      this.yaw += yaw;
      this.pitch = Math.max(-1.4, Math.min(1.4, this.pitch + pitch));
      this.draw();
    }

    scale(factor) {
      this.zoom = Math.max(0.8, Math.min(12, this.zoom * factor));
      this.draw();
    }

    press(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const acts = { "+": () => this.scale(1.3), "=": () => this.scale(1.3), "-": () => this.scale(1 / 1.3) };
      if (this.solid) Object.assign(acts, { a: () => this.rotate(-0.15, 0), d: () => this.rotate(0.15, 0), w: () => this.rotate(0, -0.15), s: () => this.rotate(0, 0.15) });
      if (ways[event.key]) {
        const next = toward(this.places, this.chosen, ways[event.key], (index) => !this.hidden_.has(this.data.homes[index]));
        if (next >= 0) this.choose(next);
      } else if (acts[event.key]) acts[event.key]();
      else return;
      event.preventDefault();
    }

    followPointer() {
      let start = null, moved = false;
      this.canvas.addEventListener("pointerdown", (event) => { start = [event.clientX, event.clientY]; moved = false; });
      addEventListener("pointerup", () => { start = null; });
      this.canvas.addEventListener("pointermove", (event) => {
        if (!start || !this.solid) return;
        const [dx, dy] = [event.clientX - start[0], event.clientY - start[1]];
        if (!moved && Math.hypot(dx, dy) < 5) return;
        moved = true;
        start = [event.clientX, event.clientY];
        this.rotate(dx / 150, event.pointerType === "touch" ? 0 : dy / 150); // a finger that moves up or down scrolls the page
      });
      this.canvas.addEventListener("click", (event) => {
        if (moved) return;
        const frame = this.canvas.getBoundingClientRect();
        const away = this.places.map(([x, y], index) => (this.hidden_.has(this.data.homes[index]) ? Infinity : Math.hypot(x - event.clientX + frame.left, y - event.clientY + frame.top)));
        const nearest = away.indexOf(Math.min(...away));
        if (away[nearest] < 24) this.choose(nearest);
      });
    }

    // --- drawing ----------------------------------------------------------------------------------------------------

    colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(`--el-${name}`).trim(); }

    draw() {
      const { canvas, data } = this;
      const [width, height, dots] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio || 1];
      if (!width) return;
      Object.assign(canvas, { width: width * dots, height: height * dots });
      const pen = canvas.getContext("2d");
      pen.scale(dots, dots);
      const turned = data.points.map((point) => (this.solid ? turn(point, this.yaw, this.pitch) : [point[0], point[1], 0]));
      const factor = (this.zoom * Math.min(width, height)) / 2150;
      const middle = this.zoom > 1 ? turned[this.chosen] : [0, 0]; // zooming in keeps the chosen word in the middle
      this.places = turned.map(([x, y]) => [width / 2 + (x - middle[0]) * factor, height / 2 - (y - middle[1]) * factor]);
      const colours = COLOURS.map((name) => this.colour(name));
      const order = turned.map((_, index) => index);
      if (this.solid) order.sort((a, b) => turned[a][2] - turned[b][2]);
      for (const index of order) {
        const group = data.homes[index];
        if (this.hidden_.has(group)) continue;
        pen.globalAlpha = this.solid ? 0.45 + 0.4 * Math.max(-1, Math.min(1, turned[index][2] / 700)) : 0.6;
        this.mark(pen, this.places[index], group, this.solid ? 2.6 + turned[index][2] / 900 : 2.6, colours[group]);
      }
      pen.globalAlpha = 1;
      this.drawChosen(pen, colours, width, height);
      this.marks.forEach((mark, group) => {
        const small = mark.getContext("2d");
        small.clearRect(0, 0, 32, 32);
        this.mark(small, [16, 16], group, 9, colours[group]);
      });
    }

    drawChosen(pen, colours, width, height) {
      const { data, places } = this;
      const near = data.near[this.chosen].filter((other) => !this.hidden_.has(data.homes[other]));
      pen.strokeStyle = this.colour("grey");
      for (const other of near) {
        pen.beginPath();
        pen.moveTo(...places[this.chosen]);
        pen.lineTo(...places[other]);
        pen.stroke();
      }
      const taken = [];
      for (const index of [this.chosen, ...near]) {
        const [x, y] = places[index], own = index === this.chosen, word = data.words[index];
        this.mark(pen, [x, y], data.homes[index], own ? 6.5 : 4.5, colours[data.homes[index]]);
        pen.font = `${own ? "bold " : ""}14px ${getComputedStyle(this).fontFamily}`;
        const wide = pen.measureText(word).width;
        const left = Math.max(2, Math.min(x + wide + 12 > width ? x - wide - 9 : x + 9, width - wide - 2)), top = Math.max(14, Math.min(y + 5, height - 4));
        const box = [left - 2, top - 14, wide + 4, 18];
        if (!own && taken.some(([l, t, w, h]) => box[0] < l + w && l < box[0] + box[2] && box[1] < t + h && t < box[1] + box[3])) continue;
        taken.push(box);
        pen.globalAlpha = 0.85;
        pen.fillStyle = this.colour("paper");
        pen.fillRect(...box);
        pen.globalAlpha = 1;
        pen.fillStyle = this.colour("ink");
        pen.fillText(word, left, top);
      }
    }

    // A mark for each group, told apart without colour: disc, square, triangle, ring.
    mark(pen, [x, y], group, size, colour) {
      pen.fillStyle = pen.strokeStyle = colour;
      pen.beginPath();
      if (group % 4 === 1) pen.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
      else if (group % 4 === 2) {
        pen.moveTo(x, y - size * 1.2);
        pen.lineTo(x + size * 1.1, y + size * 0.9);
        pen.lineTo(x - size * 1.1, y + size * 0.9);
        pen.closePath();
      } else pen.arc(x, y, size, 0, 2 * Math.PI);
      if (group % 4 === 3) pen.stroke();
      else pen.fill();
    }
  }

  Object.assign(WordProjector, { turn, toward, distance, spelledAlike });
  customElements.define("word-projector", WordProjector);
})();
