// Microsoft's documented loop, in our own writing: "Manual token refresh example" of
// https://learn.microsoft.com/javascript/api/overview/powerbi/refresh-token
//
// Same names, same two constants, same order of steps: an interval of 30 seconds, ten minutes ahead; the new expiration
// is written down before the report has the token; no guard against a request under way, no catch, no retry of its own;
// and a look whenever the tab becomes visible. tests/sim/src/players/microsoft.rs is the same loop for the simulator.
//
// What the example leaves to its reader is read in its favour: getNewUserAccessToken throws when the backend refuses,
// so that the old expiration stays, and several reports that share the token are all given it at once.

const MINUTES_BEFORE_EXPIRATION = 10;
const INTERVAL_TIME = 30_000;

export interface Page {
  /** For Date.parse. */
  tokenExpiration: string;
  getNewUserAccessToken(): Promise<{ token: string; expiration: string }>;
  /** The embedded reports, as powerbi.get() finds them. */
  reports(): { setAccessToken(accessToken: string): Promise<void> }[];
}

export function startLoop(page: Page): void {
  function checkTokenAndUpdate() {
    const currentTime = Date.now();
    const expiration = Date.parse(page.tokenExpiration);
    const timeUntilExpiration = expiration - currentTime;
    const timeToUpdate = MINUTES_BEFORE_EXPIRATION * 60 * 1000;
    if (timeUntilExpiration <= timeToUpdate) {
      // not awaited, so whatever fails in it is nobody's
      void updateToken();
    }
  }

  async function updateToken() {
    const newAccessToken = await page.getNewUserAccessToken();
    page.tokenExpiration = newAccessToken.expiration;
    await Promise.all(page.reports().map((report) => report.setAccessToken(newAccessToken.token)));
  }

  setInterval(checkTokenAndUpdate, INTERVAL_TIME);

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) checkTokenAndUpdate();
  });
}

export const LOOP_WINDOW_MS = MINUTES_BEFORE_EXPIRATION * 60 * 1000;
