import os

import msal
import requests
from flask import Flask, Response

LOGIN = os.environ.get("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com")
API = os.environ.get("POWERBI_API_URL", "https://api.powerbi.com")

# the keeper reads when to come back, and explains what Microsoft said
PASSED_ON = ("Content-Type", "Retry-After", "RequestId", "X-PowerBI-Error-Info")

app = Flask(__name__)
entra = msal.ConfidentialClientApplication(
    os.environ["AZURE_CLIENT_ID"],
    client_credential=os.environ["AZURE_CLIENT_SECRET"],
    authority=f"{LOGIN}/{os.environ['AZURE_TENANT_ID']}",
    instance_discovery=False,
)


@app.post("/api/embed-token")
def embed_token():
    # here: who asks, and may they see the report?
    # an embed token ends with the Entra token that it is made with: never one from the cache
    entra.remove_tokens_for_client()
    got = entra.acquire_token_for_client(["https://analysis.windows.net/powerbi/api/.default"])
    if "access_token" not in got:
        return {"error": {"code": got["error"], "message": got.get("error_description", "")}}, 502
    answer = requests.post(
        f"{API}/v1.0/myorg/GenerateToken",
        headers={"Authorization": f"Bearer {got['access_token']}"},
        json={"reports": [{"id": os.environ["POWERBI_REPORT_ID"]}], "datasets": [{"id": os.environ["POWERBI_DATASET_ID"]}]},
        timeout=20,
    )
    passed_on = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return Response(answer.content, answer.status_code, {**passed_on, "Cache-Control": "no-store"})


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "3000")))
