// Shaka asks for a session as its users do where AWS is; test_mediatailor.py asks what it said.
const video = document.getElementById("video");
const canvas = new OffscreenCanvas(1, 1);
const pixels = canvas.getContext("2d", { willReadFrequently: true });
const told = { events: [], errors: [], urls: [], ended: false };
const EVENTS = [
  "ad-impression", "ad-started", "ad-first-quartile", "ad-midpoint", "ad-third-quartile",
  "ad-complete", "ad-stopped", "ad-skipped", "ad-error",
];

/** Colour in the middle of the code square: as overlays.testcard.code_region says. */
function code() {
  const [width, height] = [video.videoWidth, video.videoHeight];
  const margin = Math.round(height / 24) * 2;
  pixels.drawImage(video, width - 2 * margin - 4, 2 * margin - 4, 8, 8, 0, 0, 1, 1);
  return [...pixels.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

video.addEventListener("ended", () => { told.ended = true; });
addEventListener("error", (event) => told.errors.push(`script: ${event.message}`));
addEventListener("unhandledrejection", (event) => told.errors.push(`promise: ${event.reason}`));

/** Called by test_mediatailor.py, when the player's script is there. */
globalThis.play = async (session, body) => {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  const heard = (error) => told.errors.push(`shaka ${error.code} ${error.data ?? error.message}`);
  player.addEventListener("error", (event) => heard(event.detail));
  player.configure({ restrictions: { maxHeight: 360 } });
  await player.attach(video);
  const ads = player.getAdManager();
  ads.setContainers(null, document.getElementById("ads"));
  let ad = null;
  for (const type of EVENTS) {
    ads.addEventListener(type, (event) => {
      ad = event.ad ?? ad;
      told.events.push({
        type,
        position: video.currentTime,
        title: ad?.getTitle() ?? "",
        place: ad?.getPositionInSequence() ?? 0,
        places: ad?.getSequenceLength() ?? 0,
        colour: code(),
      });
    });
  }
  try {
    const url = await ads.requestMediaTailorStream(session, body);
    told.urls.push(url);
    await player.load(url);
    await video.play();
  } catch (error) {
    heard(error);
  }
};

/** Called by test_mediatailor.py, again and again. */
globalThis.tell = () => told;
