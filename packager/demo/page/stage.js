// The buttons of the view with overlays, and the figures beside them. What it asks and is told:
// packager/demo/site.py.

const POLL_MS = 500;
const LOAD_S = 10; // over which the workers' load is a mean

/** The panel of one session. */
export class Stage {
  /**
   * @param element Gets the panel.
   * @param given URLs, and the secret of the feed.
   * @param position Seconds on the stream's axis of what is on the screen; null: not known.
   */
  constructor(element, given, position) {
    this.element = element;
    this.given = given;
    this.position = position;
    this.goals = null; // the score that was told last
    this.news = null; // that is on its way: { score, at }, in performance.now()
    this.past = []; // [seconds, seconds at work] of the last polls
    element.replaceChildren(document.getElementById("controls").content.cloneNode(true));
    for (const button of element.querySelectorAll("[data-goal]")) {
      button.addEventListener("click", () => this.score(Number(button.dataset.goal)));
    }
    const form = element.querySelector("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.say({ viewer: form.viewer.value.trim() || null });
    });
    for (const choice of form.palette) {
      choice.addEventListener("change", () => this.say({ palette: choice.value }));
    }
    this.timer = setInterval(() => this.poll(), POLL_MS);
    this.poll();
  }

  stop() {
    clearInterval(this.timer);
    this.element.replaceChildren();
  }

  /** One more for a side: told to Weft as a feed is. */
  score(side) {
    this.goals ??= [0, 0];
    this.goals[side] += 1;
    const score = this.goals.join(" : ");
    this.news = { score, at: performance.now() };
    this.tell("score", score);
    this.tell("listed", "…");
    this.tell("seen", "…");
    const headers = { authorization: `Bearer ${this.given.secret}` };
    this.send(this.given.score, { method: "POST", headers, body: JSON.stringify(score) });
  }

  /** A change of what this viewer says; null takes it back. */
  say(facts) {
    this.send(this.given.facts, { method: "PATCH", body: JSON.stringify({ facts }) });
  }

  async send(url, request) {
    const failure = this.element.querySelector(".told");
    const response = await fetch(url, request).catch(() => null);
    failure.hidden = response?.ok ?? false;
    failure.textContent = response ? `Refused: ${response.status}` : "The demo does not answer.";
  }

  async poll() {
    const response = await fetch(this.given.state, { cache: "no-store" }).catch(() => null);
    if (response?.ok && this.element.firstChild) this.show(await response.json());
  }

  show(state) {
    for (const name of ["drawn", "waiting", "late"]) this.tell(name, state[name]);
    this.past.push([performance.now() / 1000, state.drawn_s]);
    while (this.past.at(-1)[0] - this.past[0][0] > LOAD_S) this.past.shift();
    const [[since, before], [now, after]] = [this.past[0], this.past.at(-1)];
    const load = (after - before) / ((now - since) * state.workers || 1);
    this.tell("load", `${Math.round(100 * load)} %`);
    if (this.goals === null && state.score) {
      this.goals = state.score.split(" : ").map(Number);
      this.tell("score", state.score);
    }
    if (this.news?.score !== state.score || state.since === null) return;
    const passed = `${((performance.now() - this.news.at) / 1000).toFixed(1)} s`;
    if (!this.news.listed) this.tell("listed", passed);
    this.news.listed = true;
    if (this.position() >= state.since) {
      this.tell("seen", passed);
      this.news = null;
    }
  }

  tell(name, text) {
    this.element.querySelector(`.${name}`).textContent = text;
  }
}
