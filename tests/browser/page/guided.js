// Shaka plays a guided session; test_guided.py asks what it drew over the film, and when.
const video = document.getElementById("video");
const told = { shown: [], errors: [], stalls: 0, ended: false };

addEventListener("error", (event) => told.errors.push(`script: ${event.message}`));
addEventListener("unhandledrejection", (event) => told.errors.push(`promise: ${event.reason}`));
video.addEventListener("waiting", () => { told.stalls += video.currentTime > 0; });

/** Four times a second: what is over the film, and how wide the film is. */
function look() {
  const image = document.querySelector("#ads img");
  told.shown.push({
    position: video.currentTime,
    width: image?.naturalWidth ?? 0,
    url: image?.src ?? "",
    film: video.getBoundingClientRect().width,
  });
}

/** Called by test_guided.py, when the player's script is there. */
globalThis.play = async (url) => {
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  const heard = (error) => told.errors.push(`shaka ${error.code} ${error.data ?? error.message}`);
  player.addEventListener("error", (event) => heard(event.detail));
  player.configure({ restrictions: { maxHeight: 360 } });
  await player.attach(video);
  player.getAdManager().setContainers(document.getElementById("ads"), null);
  try {
    await player.load(url);
    await video.play();
    setInterval(look, 250);
  } catch (error) {
    heard(error);
  }
};

/** Called by test_guided.py, again and again. */
globalThis.tell = () => told;
