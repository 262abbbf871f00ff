import os

import msal
import requests
from flask import Flask, make_response, render_template

LOGIN = os.environ.get("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com")
API = os.environ.get("POWERBI_API_URL", "https://api.powerbi.com")
REPORT = {"id": os.environ["POWERBI_REPORT_ID"]}
DATASET = {"id": os.environ["POWERBI_DATASET_ID"]}

# the keeper reads when to come back, and explains what Microsoft said
PASSED_ON = ("Content-Type", "Retry-After", "RequestId", "X-PowerBI-Error-Info")

app = Flask(__name__)
entra = msal.ConfidentialClientApplication(
    os.environ["AZURE_CLIENT_ID"],
    client_credential=os.environ["AZURE_CLIENT_SECRET"],
    authority=f"{LOGIN}/{os.environ['AZURE_TENANT_ID']}",
    instance_discovery=False,
)


class Refused(Exception):
    """What Microsoft refused, as it said so."""


def ask_power_bi(method, path, body=None):
    # an embed token ends with the Entra token that it is made with: never one from the cache
    entra.remove_tokens_for_client()
    got = entra.acquire_token_for_client(["https://analysis.windows.net/powerbi/api/.default"])
    if "access_token" not in got:
        raise Refused({"error": {"code": got["error"], "message": got.get("error_description", "")}}, 502)
    headers = {"Authorization": f"Bearer {got['access_token']}"}
    answer = requests.request(method, f"{API}/v1.0/myorg{path}", headers=headers, json=body, timeout=20)
    if not answer.ok:
        passed_on = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
        raise Refused(answer.content, answer.status_code, passed_on)
    return answer.json()


def generate_token():
    return ask_power_bi("POST", "/GenerateToken", {"reports": [REPORT], "datasets": [DATASET]})


@app.before_request
def check_user():
    pass  # here: who asks, and may they see the report?


@app.after_request
def forbid_caching(response):
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@app.get("/")
def page():
    report = ask_power_bi("GET", f"/groups/{os.environ['POWERBI_WORKSPACE_ID']}/reports/{REPORT['id']}")
    token = generate_token()["token"]
    config = {"type": "report", "tokenType": 1, "id": report["id"], "embedUrl": report["embedUrl"], "accessToken": token}
    return render_template("report.html", config=config)


@app.post("/api/embed-token")
def embed_token():
    return generate_token()


@app.errorhandler(Refused)
def pass_on(refused):
    return make_response(*refused.args)


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "3000")))
