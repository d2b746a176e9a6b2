// SPDX-License-Identifier: GPL-2.0-only OR MIT
// Steps through the counterexamples of the page. Text from users only ever becomes the text of a node, never markup.
"use strict";

const FILES = JSON.parse(document.getElementById("files").textContent);
const AROUND = 5; // source lines shown on each side of the step's line

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

// The states of a run: number k is the one after step k.
function unfold(run) {
  const states = [new Map(run.start)];
  for (const step of run.steps) {
    const next = new Map(states[states.length - 1]);
    for (const [name, , after] of step.changes) next.set(name, after);
    states.push(next);
  }
  return states;
}

class Viewer {
  constructor(section) {
    this.section = section;
    this.run = JSON.parse(section.querySelector(".data").textContent);
    this.states = unfold(this.run);
    this.rows = [...section.querySelectorAll("tr[data-row]")];
    this.at = 0;
    this.rounds = 0; // how often the repeating part was entered again
    this.frame = 0;
    section.querySelector(".buttons").addEventListener("click", (event) => {
      const go = event.target.dataset.go;
      if (go) this.go(go);
    });
    section.querySelector(".lanes tbody").addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-row]");
      if (!row) return;
      this.rounds = 0;
      this.show(Number(row.dataset.row));
    });
    section.querySelector(".actors").addEventListener("change", () => this.filter());
    section.querySelector(".filter input").addEventListener("input", () => this.filter());
    section.addEventListener("keydown", (event) => this.key(event));
    for (const kind of ["click", "focusin"]) section.addEventListener(kind, () => { Viewer.active = this; });
    this.show(this.run.steps.length ? 1 : 0, false);
  }

  go(where) {
    const open = this.rows.filter((row) => !row.hidden).map((row) => Number(row.dataset.row));
    if (!open.length) return;
    const last = open[open.length - 1];
    const later = open.filter((n) => n > this.at);
    const earlier = open.filter((n) => n < this.at);
    if (where === "first") { this.rounds = 0; this.show(open[0]); }
    else if (where === "last") this.show(last);
    else if (where === "back") { if (earlier.length) this.show(earlier[earlier.length - 1]); }
    else if (later.length) this.show(later[0]);
    else if (this.run.loop !== null) { // the last step of a lasso leads back to where its loop starts
      const again = open.find((n) => n > this.run.loop);
      if (again !== undefined) { this.rounds += 1; this.show(again); }
    }
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, summary")) return;
    const keys = { ArrowRight: "on", ArrowDown: "on", ArrowLeft: "back", ArrowUp: "back", Home: "first", End: "last" };
    const go = keys[event.key];
    if (!go || event.target.closest?.(".source, .drawing")) return; // these scroll
    event.preventDefault();
    this.go(go);
  }

  show(number, scroll = true) {
    this.at = number;
    const step = number ? this.run.steps[number - 1] : null;
    for (const row of this.rows) {
      const now = Number(row.dataset.row) === number;
      if (now) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current");
      row.querySelector("button").tabIndex = now ? 0 : -1;
      if (now && scroll) row.scrollIntoView({ block: "nearest" });
    }
    const round = this.rounds ? `, round ${this.rounds + 1} of the loop` : "";
    const who = step ? step.actor || "nobody" : "initial state";
    this.section.querySelector(".where").textContent = `${number} of ${this.run.steps.length}: ${who}${round}`;
    this.section.querySelector(".title").textContent = step ? `${who}: ${step.label}` : "initial state";
    this.frame = step ? step.shown : 0;
    this.chain(step);
    this.source(step);
    this.state(step);
  }

  chain(step) {
    const box = this.section.querySelector(".chain");
    const frames = step ? step.frames : [];
    box.replaceChildren(...frames.map(([file, line, name], index) => {
      const button = element("button", "", `${file}:${line}${name ? ` in ${name}` : ""}`);
      button.type = "button";
      button.setAttribute("aria-pressed", String(index === this.frame));
      button.addEventListener("click", () => { this.frame = index; this.chain(step); this.source(step); });
      return button;
    }));
  }

  source(step) {
    const box = this.section.querySelector(".source");
    const frame = step && step.frames[this.frame];
    const lines = frame ? FILES[frame[0]] : [];
    const current = frame ? frame[1] : 0;
    const shown = [];
    for (let n = Math.max(1, current - AROUND); n <= Math.min(lines.length, current + AROUND); n++) {
      shown.push(element("span", n === current ? "now" : "", element("i", "", String(n)), lines[n - 1] || " "));
    }
    box.hidden = !shown.length;
    box.replaceChildren(...shown);
  }

  state(step) {
    const wanted = this.wanted();
    const changed = new Map((step ? step.changes : []).map(([name, before, after]) => [name, [before, after]]));
    const rows = [];
    for (const [name, value] of this.states[this.at]) {
      if (!name.toLowerCase().includes(wanted)) continue;
      const change = changed.get(name);
      const cell = element("td", "");
      if (change) cell.append(change[0], " → ", element("b", "", change[1])); else cell.append(value);
      const head = element("th", "", name);
      head.scope = "row";
      rows.push(element("tr", change ? "changed" : "", head, cell));
    }
    this.section.querySelector(".state tbody").replaceChildren(...rows);
  }

  wanted() {
    return this.section.querySelector(".filter input").value.trim().toLowerCase();
  }

  // Steps of actors that are switched off are hidden; steps that change no variable looked for are set aside.
  filter() {
    const off = new Set([...this.section.querySelectorAll(".actors input:not(:checked)")].map((box) => box.value));
    const wanted = this.wanted();
    for (const row of this.rows) {
      row.hidden = off.has(row.dataset.of);
      row.classList.toggle("aside", wanted !== "" && !row.dataset.cells.toLowerCase().includes(wanted));
    }
    for (const cell of this.section.querySelectorAll(".lanes [data-actor]")) cell.hidden = off.has(cell.dataset.actor);
    for (const change of this.section.querySelectorAll("[data-cell]")) {
      change.hidden = !change.dataset.cell.toLowerCase().includes(wanted);
    }
    this.state(this.at ? this.run.steps[this.at - 1] : null);
  }
}

const viewers = [...document.querySelectorAll(".counterexample")].map((section) => new Viewer(section));
Viewer.active = viewers[0];
document.addEventListener("keydown", (event) => {
  const nowhere = event.target === document.body || event.target === document.documentElement;
  if (Viewer.active && nowhere) Viewer.active.key(event);
});
