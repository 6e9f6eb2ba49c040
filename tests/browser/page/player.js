// Plays one stream with one player and writes down what happens; players.py asks for the report.
const video = document.getElementById("video");
const canvas = new OffscreenCanvas(4, 4);
const pixels = canvas.getContext("2d", { willReadFrequently: true });
const report = { fatal: [], errors: [], samples: [], startedAt: null, ended: false };
const PERIOD_MS = 100;
const begun = performance.now();

const seconds = () => (performance.now() - begun) / 1000;
const note = (list, text) => report[list].push(`${seconds().toFixed(1)} s: ${text}`);

/** Mean colour of the inner half of the code square: as overlays.testcard.code_region says. */
function code() {
  const [width, height] = [video.videoWidth, video.videoHeight];
  const margin = Math.round(height / 24) * 2;
  const inset = margin / 2;
  pixels.drawImage(video, width - 3 * margin + inset, margin + inset, margin, margin, 0, 0, 4, 4);
  const data = pixels.getImageData(0, 0, 4, 4).data;
  return [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let at = channel; at < data.length; at += 4) sum += data[at];
    return sum / 16;
  });
}

function sample() {
  if (video.readyState < 2) {
    if (report.startedAt !== null) report.samples.push([seconds(), video.currentTime, null]);
    return;
  }
  if (report.startedAt === null) {
    if (!(video.currentTime > 0) || video.paused) return;
    report.startedAt = seconds();
  }
  report.samples.push([seconds(), video.currentTime, code()]);
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
  },
  dashjs(url) {
    const player = dashjs.MediaPlayer().create();
    globalThis.player = player;
    player.on(dashjs.MediaPlayer.events.ERROR, (event) => {
      note("fatal", `dash.js ${event.error?.code} ${event.error?.message ?? event.error}`);
    });
    player.updateSettings({ streaming: { abr: { limitBitrateByPortal: true } } });
    player.initialize(video, url, false);
  },
};

/** Called by players.py, when the player's script is there. */
globalThis.play = async (player, url) => {
  setInterval(sample, PERIOD_MS);
  await start[player](url);
  video.play().catch((error) => note("errors", `play: ${error.message}`));
};

/** Called by players.py at the end, and before to see whether the end is reached. */
globalThis.tell = () => {
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
  return { ...report, decoded: totalVideoFrames, dropped: droppedVideoFrames };
};
