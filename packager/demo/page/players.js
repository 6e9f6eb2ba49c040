// The players behind one face: each opens a stream in a video element and tells what is played.

const KINDS = {
  hlsjs: { name: "hls.js", format: "hls", global: "Hls", open: openHls },
  shaka: { name: "Shaka", format: "dash", global: "shaka", open: openShaka },
  dashjs: { name: "dash.js", format: "dash", global: "dashjs", open: openDash },
  native: { name: "the browser itself", format: "hls", open: openNative },
};
const BACK_S = 60; // kept behind the playhead, to seek in

/**
 * The players that may play a format, the preferred one first.
 *
 * `scripts` has the address of each player that is installed, as /streams.json tells it.
 */
export function playersOf(format, scripts) {
  const found = Object.keys(KINDS).filter((key) => scripts[key] && KINDS[key].format === format);
  const usable = found.length || format !== "hls" ? found : ["native"];
  return usable.map((key) => ({ key, name: KINDS[key].name, script: scripts[key] }));
}

/**
 * Begin to play, and return at once; the picture starts when the player is ready.
 *
 * `date()` of what it returns is the instant of what is on the screen, in seconds since 1970, or
 * null where that is not known; `fail` is called with the reason of an error that ends playback.
 */
export function open(player, video, url, fail) {
  const opened = { stopped: false, date: () => null, close: () => {} };
  opened.stop = () => {
    opened.stopped = true;
    opened.close();
  };
  const told = (reason) => opened.stopped || fail(reason);
  begin(player, video, url, told, opened).catch((error) => told(error.message ?? String(error)));
  return opened;
}

async function begin({ key, script }, video, url, fail, opened) {
  const { global, open: openWith } = KINDS[key];
  const library = script ? await load(script, global) : null;
  if (opened.stopped) return;
  await openWith(library, video, url, fail, opened);
  if (opened.stopped) return;
  video.muted = true; // browsers start only silent pictures by themselves
  await video.play().catch(() => {});
}

const loads = new Map();

/** Load a player's script, once, and return what it defines. */
function load(script, global) {
  if (!loads.has(script)) {
    const loaded = new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = script;
      element.onload = resolve;
      element.onerror = () => reject(new Error(`${script} did not load`));
      document.head.append(element);
    });
    loads.set(script, loaded);
  }
  return loads.get(script).then(() => globalThis[global]);
}

function openNative(_, video, url) {
  video.src = url;
}

function openHls(Hls, video, url, fail, opened) {
  if (!Hls.isSupported()) {
    openNative(null, video, url);
    return;
  }
  const hls = new Hls({ capLevelToPlayerSize: true, backBufferLength: BACK_S });
  opened.close = () => hls.destroy();
  opened.date = () => (hls.playingDate ? hls.playingDate / 1000 : null);
  hls.on(Hls.Events.ERROR, (_, data) => {
    if (data.fatal) fail(`${data.type}: ${data.details}`);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
}

async function openShaka(shaka, video, url, fail, opened) {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  const heard = (error) => {
    if (error.severity === shaka.util.Error.Severity.CRITICAL) fail(`Shaka error ${error.code}`);
  };
  opened.close = () => player.destroy();
  opened.date = () => {
    const date = player.isLive() ? player.getPlayheadTimeAsDate() : null;
    return date ? date / 1000 : null;
  };
  player.addEventListener("error", (event) => heard(event.detail));
  player.configure({
    abr: { restrictToElementSize: true },
    streaming: { bufferBehind: BACK_S },
  });
  await player.attach(video);
  await player.load(url).catch(heard);
}

async function openDash(dashjs, video, url, fail, opened) {
  const player = dashjs.MediaPlayer().create();
  const { ERROR, STREAM_INITIALIZED } = dashjs.MediaPlayer.events;
  opened.close = () => player.destroy();
  opened.date = () => (player.isReady() ? player.timeAsUTC() || null : null);
  player.on(ERROR, ({ error }) => fail(`dash.js error ${error?.code ?? error}`));
  player.updateSettings({
    debug: { logLevel: dashjs.Debug.LOG_LEVEL_NONE },
    streaming: { abr: { limitBitrateByPortal: true }, buffer: { bufferToKeep: BACK_S } },
  });
  player.initialize(video, url, false);
  player.clearDefaultUTCTimingSources(); // it would ask another host for the time
  // a play that it does not hear of, because it comes before, leaves the MPD as it is
  await new Promise((resolve) => player.on(STREAM_INITIALIZED, resolve));
}
