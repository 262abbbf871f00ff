/** Calls Power BI's REST API as the user whose Entra token the keeper keeps fresh. */
export async function powerBi(keeper, path) {
  const headers = { Authorization: `Bearer ${await keeper.getToken()}` };
  const answer = await fetch(`https://api.powerbi.com/v1.0/myorg${path}`, { headers });
  if (!answer.ok) throw new Error(`Power BI answered ${answer.status}`);
  return answer.json();
}
