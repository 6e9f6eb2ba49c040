// Plays one stream with one player and writes down what happens; players.py asks for the report.
const video = document.getElementById("video");
const canvas = new OffscreenCanvas(4, 4);
const pixels = canvas.getContext("2d", { willReadFrequently: true });
const small = new OffscreenCanvas(64, 36);
const smallPixels = small.getContext("2d", { willReadFrequently: true });
const report = { fatal: [], errors: [], samples: [], startedAt: null, ended: false };
const PERIOD_MS = 100;
let wantsPictures = false;
const begun = performance.now();

const seconds = () => (performance.now() - begun) / 1000;
const note = (list, text) => report[list].push(`${seconds().toFixed(1)} s: ${text}`);

/** Mean colour of the inner half of the code square: as overlays.testcard.code_region says. */
function code(frame) {
  const [width, height] = [frame.displayWidth, frame.displayHeight];
  const margin = Math.round(height / 24) * 2;
  const inset = margin / 2;
  pixels.drawImage(frame, width - 3 * margin + inset, margin + inset, margin, margin, 0, 0, 4, 4);
  const data = pixels.getImageData(0, 0, 4, 4).data;
  return [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let at = channel; at < data.length; at += 4) sum += data[at];
    return sum / 16;
  });
}

/** Its time, and mean colours of its 8 x 4 fields, row by row: as pictures.py has them of a file. */
function picture(frame) {
  smallPixels.drawImage(frame, 0, 0, 64, 36);
  const data = smallPixels.getImageData(0, 0, 64, 36).data;
  const sums = new Array(96).fill(0);
  for (let at = 0; at < 64 * 36; at++) {
    const field = Math.floor(at / (64 * 9)) * 8 + Math.floor((at % 64) / 8);
    for (let channel = 0; channel < 3; channel++) sums[field * 3 + channel] += data[at * 4 + channel];
  }
  return [frame.timestamp / 1e6, sums.map((sum) => Math.round(sum / 72))];
}

/** What the subtitles say at this moment. */
function subtitle() {
  const cues = [...video.textTracks].flatMap((track) => [...(track.activeCues ?? [])]);
  return cues.map((cue) => cue.text).join(" | ");
}

function sample() {
  if (video.readyState < 2) {
    if (report.startedAt !== null) {
      report.samples.push([seconds(), video.currentTime, null, "", null]);
    }
    return;
  }
  if (report.startedAt === null) {
    if (!(video.currentTime > 0) || video.paused) return;
    report.startedAt = seconds();
  }
  const frame = frameNow();
  const seen = frame && wantsPictures ? picture(frame) : null;
  report.samples.push([seconds(), video.currentTime, frame && code(frame), subtitle(), seen]);
  frame?.close();
}

/** What is on the screen; may be some frames older than the moment. Null: nothing is, yet. */
function frameNow() {
  try {
    return new VideoFrame(video);
  } catch (error) {
    if (error.name === "InvalidStateError") return null; // a player that has only begun
    throw error;
  }
}

video.addEventListener("ended", () => { report.ended = true; });
video.addEventListener("error", () => {
  note("fatal", `media element: ${video.error?.code} ${video.error?.message}`);
});
addEventListener("error", (event) => note("fatal", `script: ${event.message}`));
addEventListener("unhandledrejection", (event) => note("errors", `promise: ${event.reason}`));

const start = {
  native(url) {
    video.src = url;
  },
  hlsjs(url) {
    const hls = new Hls({ capLevelToPlayerSize: true });
    hls.on(Hls.Events.ERROR, (_, data) => {
      note(data.fatal ? "fatal" : "errors", `${data.type} ${data.details} ${data.error ?? ""}`);
    });
    hls.loadSource(url);
    hls.attachMedia(video);
    globalThis.player = hls;
  },
  async shaka(url) {
    shaka.polyfill.installAll();
    const player = new shaka.Player();
    globalThis.player = player;
    const heard = (error) => {
      const fatal = error.severity === shaka.util.Error.Severity.CRITICAL;
      note(fatal ? "fatal" : "errors", `shaka ${error.code} ${error.data ?? ""}`);
    };
    player.addEventListener("error", (event) => heard(event.detail));
    player.configure({ restrictions: { maxHeight: 360 }, abr: { restrictToElementSize: true } });
    await player.attach(video);
    await player.load(url).catch(heard);
    const [subtitles] = player.getTextTracks();
    if (subtitles) player.selectTextTrack(subtitles); // hls.js shows the default ones by itself
  },
  async dashjs(url) {
    const player = dashjs.MediaPlayer().create();
    const { ERROR, STREAM_INITIALIZED } = dashjs.MediaPlayer.events;
    globalThis.player = player;
    player.on(ERROR, (event) => {
      note("fatal", `dash.js ${event.error?.code} ${event.error?.message ?? event.error}`);
    });
    player.updateSettings({ streaming: { abr: { limitBitrateByPortal: true } } });
    player.initialize(video, url, false);
    player.clearDefaultUTCTimingSources(); // a host far away
    // a play that it does not hear of, because it comes before, leaves the MPD as it is
    await new Promise((resolve) => player.on(STREAM_INITIALIZED, resolve));
  },
};

/** Called by players.py, when the player's script is there. */
globalThis.play = async (player, url, pictures) => {
  wantsPictures = pictures;
  setInterval(sample, PERIOD_MS);
  await start[player](url);
  video.play().catch((error) => note("errors", `play: ${error.message}`));
};

/** Called by players.py again and again: all that it has not been told, from sample `first` on. */
globalThis.tell = (first) => {
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
  const samples = report.samples.slice(first);
  return { ...report, samples, decoded: totalVideoFrames, dropped: droppedVideoFrames };
};
