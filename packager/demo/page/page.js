// The demo's page: plays the streams of one view beside each other and draws their timelines.
// The documents that it reads are told in packager/demo/site.py; their texts are shown as text.

import { open, playersOf } from "./players.js";
import { Recap } from "./recap.js";
import { Stage } from "./stage.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 44; // of the timeline, CSS pixels
const BAR = { top: 8, height: 28 };
const LETTER = 7.2; // width of a letter in it, on average
const POLL_MS = 1000;
const DRAW_MS = 200;

const byId = (id) => document.getElementById(id);

/** Make an SVG element with attributes; `text` becomes its text. */
function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

async function fetchJson(url) {
  const response = await fetch(url, { cache: "no-store" });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

/** Cut a text to so many letters; a stump of less than four says nothing. */
function shorten(text, letters) {
  if (text.length <= letters) return text;
  return letters < 4 ? "" : `${text.slice(0, letters - 1).trimEnd()}…`;
}

function clockText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  return `${String(minutes).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}

function wallText(unixSeconds) {
  return new Date(unixSeconds * 1000).toLocaleTimeString([], { hour12: false });
}

/** One stream on the page: its player, its timeline, and what is said of both. */
class StreamCard {
  constructor(stream, scripts) {
    this.stream = stream;
    this.players = playersOf(stream.format, scripts);
    this.timeline = null; // the last document
    this.receivedAt = 0; // when it came, performance.now()
    this.element = byId("stream").content.firstElementChild.cloneNode(true);
    this.video = this.find("video");
    this.find("h2").textContent = stream.title;
    this.find(".note").textContent = stream.note;
    this.find("svg").addEventListener("click", (event) => this.seek(event));
    this.find(".players").replaceChildren(...this.players.map((player) => this.choice(player)));
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  /** A button that chooses a player; where there is but one, its name. */
  choice(player) {
    const button = document.createElement(this.players.length > 1 ? "button" : "span");
    button.textContent = player.name;
    button.addEventListener("click", () => this.play(player));
    return button;
  }

  async start() {
    const link = this.find(".link a");
    link.href = this.stream.url;
    link.textContent = this.stream.url;
    if (this.players.length) this.play(this.players[0]);
    else this.fail("no DASH player is installed; in tests/browser: npm ci");
    this.timers = [
      setInterval(() => this.poll(), POLL_MS),
      setInterval(() => this.draw(), DRAW_MS),
    ];
    await this.poll();
  }

  play(player) {
    this.opened?.stop();
    const video = this.video.cloneNode(); // nothing of the player before is in it
    this.video.replaceWith(video);
    this.video = video;
    this.zero = Infinity; // of media time, on the axis of a live stream
    const fail = (reason) => video === this.video && this.fail(reason);
    video.addEventListener("error", () => fail(video.error?.message));
    video.addEventListener("playing", () => fail(null));
    fail(null);
    this.opened = open(player, video, this.stream.url, fail);
    [...this.find(".players").children].forEach((button, number) => {
      button.setAttribute("aria-pressed", String(this.players[number] === player));
    });
  }

  stop() {
    this.timers?.forEach(clearInterval);
    this.opened?.stop();
    this.video.removeAttribute("src");
    this.video.load();
    this.stopped = true;
  }

  fail(reason) {
    const failure = this.find(".failure");
    failure.hidden = !reason || this.stopped;
    failure.textContent = reason ? `Playback failed: ${reason}` : "";
  }

  async poll() {
    try {
      this.timeline = await fetchJson(this.stream.timeline);
      this.receivedAt = performance.now();
      this.anchor();
    } catch {
      // the last document stays; the next poll is a second away
    }
  }

  get isLive() {
    return this.timeline.pdt_base !== null;
  }

  /**
   * Learn where media time 0 lies on a live stream's axis, for browsers that tell no date: what is
   * buffered ends at the live edge or a little before it, so the least distance seen is the one.
   */
  anchor() {
    const { buffered } = this.video;
    if (!this.isLive || !buffered.length) return;
    this.zero = Math.min(this.zero, this.timeline.edge - buffered.end(buffered.length - 1));
  }

  /** Seconds on the stream's axis of what is on the screen; null while that is not known. */
  position() {
    const { video, timeline } = this;
    if (!video.readyState || !timeline) return null;
    if (!this.isLive) return video.currentTime;
    const date = this.opened?.date() ?? null;
    if (date !== null) return date - timeline.pdt_base;
    return Number.isFinite(this.zero) ? this.zero + video.currentTime : null;
  }

  /** First and last second of the timeline that is drawn. */
  range() {
    const { spans, edge, now } = this.timeline;
    const start = spans[0]?.start ?? 0;
    const passed = (performance.now() - this.receivedAt) / 1000;
    return this.isLive ? [start, Math.max(edge, now + passed)] : [start, edge];
  }

  seek(event) {
    if (!this.timeline || !this.video.readyState) return;
    const box = event.currentTarget.getBoundingClientRect();
    const [start, end] = this.range();
    const wanted = start + ((event.clientX - box.left) / box.width) * (end - start);
    const here = this.position();
    if (here !== null) this.video.currentTime += Math.min(wanted, this.timeline.edge) - here;
  }

  draw() {
    if (!this.timeline) return;
    const svg = this.find("svg");
    const width = svg.clientWidth || 1;
    const [start, end] = this.range();
    const { spans, edge } = this.timeline;
    const x = (seconds) => ((seconds - start) / (end - start || 1)) * width;
    const clip = (seconds) => Math.min(Math.max(seconds, start), end);
    const position = this.position();
    const span = spans.find((item) => item.start <= position && position < item.end);

    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const parts = [shape("rect", { class: "ahead", x: 0, y: BAR.top, width, height: BAR.height, rx: 6 })];
    for (const item of spans) {
      const [left, right] = [x(clip(item.start)), x(clip(item.end))];
      const wide = Math.max(0, right - left - 1.5); // a hair between two spans
      const rect = { x: left, y: BAR.top, width: wide, height: BAR.height, rx: Math.min(5, wide / 2) };
      const bar = shape("rect", { class: "span", "data-kind": item.kind, ...rect });
      bar.append(shape("title", {}, `${item.label}, ${(item.end - item.start).toFixed(1)} s`));
      parts.push(bar);
      const label = shorten(item.label, Math.floor((wide - 16) / LETTER));
      const place = { class: "name", "data-kind": item.kind, x: left + 9, y: BAR.top + 18.5 };
      if (label) parts.push(shape("text", place, label));
    }
    if (this.isLive) {
      parts.push(shape("line", { class: "edge", x1: x(edge), x2: x(edge), y1: 2, y2: HEIGHT - 2 }));
    }
    if (position !== null) {
      const at = x(clip(position));
      parts.push(shape("rect", { class: "playhead", x: at - 2.5, y: 2, width: 5, height: HEIGHT - 4, rx: 2.5 }));
    }
    svg.setAttribute("aria-label", span ? `Timeline; playing ${span.label}` : "Timeline");
    svg.replaceChildren(...parts);
    this.drawAxis(start, end, width);
    this.describe(position, span);
  }

  drawAxis(start, end, width) {
    const base = this.timeline.pdt_base;
    const step = [5, 10, 15, 30, 60, 120, 300, 600].find(
      (seconds) => (seconds / (end - start)) * width > (base === null ? 56 : 84),
    ) ?? 1800;
    const labels = [];
    for (let at = Math.ceil(start / step) * step; at <= end; at += step) {
      const left = ((at - start) / (end - start || 1)) * width;
      if (left < 20 || left > width - 28) continue; // it would be cut off
      const label = document.createElement("span");
      label.style.left = `${left}px`;
      label.textContent = base === null ? clockText(at) : wallText(base + at);
      labels.push(label);
    }
    this.find(".axis").replaceChildren(...labels);
  }

  describe(position, span) {
    const { video, timeline } = this;
    const chip = this.find(".chip");
    chip.hidden = !span;
    if (span) {
      const left = Math.max(0, Math.ceil(span.end - position));
      chip.dataset.kind = span.kind;
      chip.textContent = span.kind === "content" ? span.label : `${span.label} · ${left} s`;
    }
    const known = position !== null;
    const base = timeline.pdt_base;
    this.find(".position").textContent = !known
      ? "–"
      : base === null ? clockText(position) : wallText(base + position);
    this.find(".distance-name").textContent = base === null ? "duration" : "behind live";
    if (base === null) {
      this.find(".distance").textContent = clockText(timeline.edge);
    } else {
      const passed = (performance.now() - this.receivedAt) / 1000;
      const behind = timeline.now + passed - position;
      this.find(".distance").textContent = known ? `${behind.toFixed(1)} s` : "–";
    }
    this.find(".picture").textContent = video.videoWidth
      ? `${video.videoWidth} × ${video.videoHeight}`
      : "–";
  }
}

/** The page: a tab for each view; only the chosen view plays. */
async function main() {
  const { players, views } = await fetchJson("streams.json");
  let cards = [];
  let panel = null; // with the controls of a view that has some

  /** Play streams in the place of those before, and show `more` beside them. */
  function play(streams, ...more) {
    for (const card of cards) card.stop();
    cards = streams.map((stream) => new StreamCard(stream, players));
    byId("streams").replaceChildren(...cards.map((card) => card.element), ...more);
    for (const card of cards) card.start();
  }

  const position = () => cards[0]?.position() ?? null;

  function show(view, tab) {
    for (const other of byId("views").children) {
      other.setAttribute("aria-selected", String(other === tab));
    }
    panel?.stop();
    panel = null;
    if (view.recap) {
      play([]);
      panel = new Recap(byId("stage"), view, play, position);
    } else {
      play(view.streams);
      if (view.stage) panel = new Stage(byId("stage"), view.stage, position);
    }
  }

  const tabs = views.map((view) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.setAttribute("role", "tab");
    tab.textContent = view.title;
    tab.addEventListener("click", () => show(view, tab));
    return tab;
  });
  byId("views").replaceChildren(...tabs);
  const wanted = decodeURIComponent(location.hash.slice(1)).toLowerCase();
  const first = Math.max(0, views.findIndex((view) => view.title.toLowerCase() === wanted));
  if (views.length) show(views[first], tabs[first]);
}

main().catch((error) => {
  byId("streams").textContent = `The demo does not answer: ${error.message}`;
});
