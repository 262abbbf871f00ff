// What the visitor may see of the workspace, asked of the Power BI REST API with the visitor's own token.
import type { LiveEmbed, SignIn } from "../../backend/config";

/** The API said no. `answer` is what `explain` reads. */
export class RefusedError extends Error {
  readonly answer: { status: number; error: { code: string; message: string } };

  constructor(answer: RefusedError["answer"]) {
    super(`Power BI answered ${answer.status} ${answer.error.code}`);
    this.answer = answer;
  }
}

interface Details {
  id: string;
  name?: string;
  displayName?: string;
  title?: string;
  embedUrl: string;
}

export async function readEmbeds(
  { api, groupId, reportIds, dashboardId, tileId }: SignIn,
  token: string,
): Promise<LiveEmbed[]> {
  const group = `${api}/v1.0/myorg/groups/${groupId}`;
  const read = async (kind: LiveEmbed["kind"], path: string): Promise<LiveEmbed> => {
    const { id, embedUrl, ...names } = await get(`${group}/${path}`, token);
    return {
      kind,
      id,
      name: names.name ?? names.displayName ?? names.title ?? kind,
      groupId,
      embedUrl,
      ...(kind === "tile" && dashboardId && { dashboardId }),
      tokenPath: null,
    };
  };
  return Promise.all([
    ...reportIds.map((id) => read("report", `reports/${id}`)),
    ...(dashboardId ? [read("dashboard", `dashboards/${dashboardId}`)] : []),
    ...(dashboardId && tileId ? [read("tile", `dashboards/${dashboardId}/tiles/${tileId}`)] : []),
  ]);
}

async function get(url: string, token: string): Promise<Details> {
  const response = await fetch(url, { headers: { Authorization: `Bearer ${token}`, Accept: "application/json" } });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as Details;
  throw new RefusedError({ status: response.status, error: errorResponse(text, response.status) });
}

/** An error of the API's own, or of ASP.NET's, or none at all. Its headers can't be read from another origin. */
function errorResponse(text: string, status: number): { code: string; message: string } {
  try {
    const { error, Message } = JSON.parse(text) as { error?: { code: string; message?: string }; Message?: string };
    if (error) return { code: error.code, message: error.message ?? "" };
    if (Message) return { code: "Refused", message: Message };
  } catch {
    // an empty body
  }
  return { code: "Refused", message: `Power BI answered ${status} without a word.` };
}
