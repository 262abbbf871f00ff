// The demo backend's switches, as the page turns them.

export interface Switches {
  lifetimeSeconds: number;
  delayMs: number;
  outage: "none" | "status" | "drop";
  throttle: number | null;
  denied: boolean;
  sameToken: boolean;
  wrongKind: boolean;
  damaged: boolean;
}

const url = (path: string) => new URL(path, document.baseURI);

export const tokenUrl = (tokenType: 0 | 1) => url(tokenType === 1 ? "api/embed-token" : "api/aad-token");

async function answer(response: Response): Promise<Switches> {
  if (!response.ok) throw new Error(`the demo's backend answered ${response.status}`);
  return (await response.json()) as Switches;
}

export const readSwitches = async () => answer(await fetch(url("api/switches")));
export const resetSwitches = async () => answer(await fetch(url("api/switches"), { method: "DELETE" }));
export const turn = async (change: Partial<Switches>) =>
  answer(await fetch(url("api/switches"), { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(change) }));
