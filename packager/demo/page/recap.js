// The controls of the recap: what a viewer says, the session that begins with it, and why it plays
// what it does. What it asks and is told: packager/demo/site.py.

const POLL_MS = 1000;

/** The panel of the recap, and the answers beside its players. */
export class Recap {
  /**
   * @param element Gets the panel.
   * @param view Of the page's list: its streams, and its `recap`.
   * @param play Plays streams, with an element beside them.
   * @param position Seconds of what is on the screen of the first; null: not known.
   */
  constructor(element, view, play, position) {
    this.element = element;
    this.streams = view.streams;
    this.given = view.recap;
    this.play = play;
    this.position = position;
    this.why = null; // URL of the answers for the session that plays
    element.replaceChildren(document.getElementById("facts").content.cloneNode(true));
    this.form = element.querySelector("form");
    this.form.prepend(...this.given.facts.map(control));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.begin();
    });
    this.answers = document.getElementById("why").content.firstElementChild.cloneNode(true);
    this.timer = setInterval(() => this.ask(), POLL_MS);
    this.begin();
  }

  stop() {
    this.stopped = true;
    clearInterval(this.timer);
    this.element.replaceChildren();
  }

  /** Begin a session with what the form says, as soon as all that it needs is there. */
  async begin() {
    const said = [...new FormData(this.form)].map(([name, value]) => [name, value.trim()]);
    const facts = Object.fromEntries(said.filter(([, value]) => value));
    const attempt = (this.attempt = {}); // a later one takes its place
    const isLast = () => attempt === this.attempt && !this.stopped;
    try {
      for (;;) {
        const state = await answer(`${this.given.state}?${new URLSearchParams(facts)}`);
        if (!isLast()) return;
        if (state.ready) break;
        this.say(waiting(state.made));
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      const body = JSON.stringify({ facts });
      const begun = await answer(this.given.session, { method: "POST", body });
      if (!isLast()) return;
      const token = begun.sessionUrl.split("/").at(-1);
      const filled = (url) => url.replace("{session}", token);
      this.why = filled(this.given.why);
      this.asked = null;
      this.say("");
      const streams = this.streams.map((stream) => ({
        ...stream,
        url: filled(stream.url),
        timeline: filled(stream.timeline),
      }));
      this.play(streams, this.answers);
      this.ask();
    } catch (error) {
      if (isLast()) this.say("", error.message);
    }
  }

  say(state, failure = "") {
    this.element.querySelector(".state").textContent = state;
    const told = this.element.querySelector(".told");
    told.hidden = !failure;
    told.textContent = failure;
  }

  /** Ask why, for the second that is shown. */
  async ask() {
    const second = Math.floor(this.position() ?? 0);
    if (!this.why || this.asked === second) return;
    this.asked = second;
    const failure = this.answers.querySelector(".failure");
    try {
      const told = await answer(`${this.why}?t=${second}`);
      failure.hidden = true;
      this.answers.querySelector(".on-air").textContent = told.onAir.sentence;
      this.answers.querySelector(".reasons").replaceChildren(...told.choices.map(reason));
    } catch (error) {
      failure.hidden = false;
      failure.textContent = error.message;
    }
  }
}

async function answer(url, request = {}) {
  const response = await fetch(url, { cache: "no-store", ...request }).catch(() => null);
  if (!response) throw new Error("The demo does not answer.");
  if (response.status === 403) throw new Error("Only the machine that the demo runs on is told.");
  if (!response.ok) throw new Error(`Refused: ${response.status}`);
  return response.json();
}

function waiting(made) {
  return made < 1
    ? `The recap is being made, ${Math.round(100 * made)} %; it begins by itself.`
    : "A moment: what this version needs is being prepared.";
}

/** A control for a fact: buttons for few short values, a list for others, a field for any text. */
function control({ name, label, of, value, longest }) {
  const group = document.createElement("fieldset");
  const legend = document.createElement("legend");
  legend.textContent = label;
  if (of.length) {
    const choices = of.map((one) => {
      const input = document.createElement("input");
      Object.assign(input, { type: "radio", name, value: one, defaultChecked: one === value });
      const choice = document.createElement("label");
      choice.append(input, ` ${one}`);
      return choice;
    });
    group.append(legend, ...choices);
  } else {
    const input = document.createElement("input");
    Object.assign(input, { name, maxLength: longest, placeholder: "nobody", autocomplete: "off" });
    group.append(legend, input);
  }
  return group;
}

/** One choice, and its sentence. */
function reason({ choice, value, sentence }) {
  const item = document.createElement("li");
  const name = document.createElement("strong");
  name.textContent = value ? `${choice}: ${value}` : choice;
  const text = document.createElement("span");
  text.textContent = sentence;
  item.append(name, text);
  return item;
}
