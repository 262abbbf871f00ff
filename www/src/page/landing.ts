// The first thing that the page loads, and all of it until somebody is there: the comparison with its two pages, the
// charts and powerbi-client come when a visitor moves, types or scrolls, or when the comparison is in sight.

const SIGNS = ["pointermove", "pointerdown", "keydown", "scroll"] as const;
/** Of the two panes, how much must be in sight. */
const IN_SIGHT = 0.75;

const query = new URLSearchParams(location.search);
const story = query.get("story");

function start(): void {
  for (const sign of SIGNS) removeEventListener(sign, start);
  observer.disconnect();
  void import("./main").then(({ startOrTellWhy }) => startOrTellWhy());
}

const observer = new IntersectionObserver(
  (entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) start();
  },
  { threshold: IN_SIGHT },
);

// with a server, on somebody's own report, or by a link that names a story, it is why one came
if (import.meta.env.MODE !== "static" || story || query.has("time")) start();
else {
  for (const sign of SIGNS) addEventListener(sign, start, { passive: true });
  for (const panes of document.querySelectorAll(".panes")) observer.observe(panes);
}
if (story && story !== "none") document.getElementById("compare")?.scrollIntoView();
