// Times and durations as the page writes them.

/** How much time a timeline shows, where a story doesn't want another. */
export const SHOWN_MS = 100 * 60_000;

const two = (value: number) => String(value).padStart(2, "0");

/** `9 s`, `4 min 05 s`, `2 h 14 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

/** `1:14:05`, since the start. */
export function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 3600)}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
}

/** `59:07`, of an hour and more `1 h 04`. Rounded up: a token that still works has time left. */
export function countdown(ms: number): string {
  const total = Math.ceil(ms / 1000);
  if (total > 3600) return `${Math.floor(total / 3600)} h ${two(Math.floor((total % 3600) / 60))}`;
  return `${Math.floor(total / 60)}:${two(total % 60)}`;
}

export const clock = (at: number) => new Date(at).toLocaleTimeString("en-GB");
export const weekday = (at: number) => new Date(at).toLocaleDateString("en-GB", { weekday: "short" });
export const clockShort = (at: number) =>
  new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
