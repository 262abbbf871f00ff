// ASP.NET MVC 5, .NET Framework. Install-Package Microsoft.Identity.Client
using System.Collections.Generic;
using System.Configuration;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Tasks;
using System.Web.Mvc;
using Microsoft.Identity.Client;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

[Authorize] // here: may this user see the report?
[OutputCache(NoStore = true, Duration = 0)]
public class ReportController : Controller
{
    static readonly HttpClient PowerBi = new HttpClient();
    static string Setting(string name) => ConfigurationManager.AppSettings[name];

    [HttpGet]
    public async Task<ActionResult> Index()
    {
        using (var found = await Ask(HttpMethod.Get, $"groups/{Setting("POWERBI_WORKSPACE_ID")}/reports/{Setting("POWERBI_REPORT_ID")}"))
        using (var generated = await GenerateToken())
        {
            if (!found.IsSuccessStatusCode) return await PassOn(found);
            if (!generated.IsSuccessStatusCode) return await PassOn(generated);
            var report = JObject.Parse(await found.Content.ReadAsStringAsync());
            var token = JObject.Parse(await generated.Content.ReadAsStringAsync());
            return View((object)JsonConvert.SerializeObject(new { type = "report", tokenType = 1, id = report["id"], embedUrl = report["embedUrl"], accessToken = token["token"] }));
        }
    }

    // POST /Report/EmbedToken
    [HttpPost]
    public async Task<ActionResult> EmbedToken()
    {
        using (var answer = await GenerateToken()) return await PassOn(answer);
    }

    static Task<HttpResponseMessage> GenerateToken() => Ask(HttpMethod.Post, "GenerateToken", new
    {
        reports = new[] { new { id = Setting("POWERBI_REPORT_ID") } },
        datasets = new[] { new { id = Setting("POWERBI_DATASET_ID") } },
    });

    static async Task<HttpResponseMessage> Ask(HttpMethod method, string path, object body = null)
    {
        var entra = ConfidentialClientApplicationBuilder.Create(Setting("AZURE_CLIENT_ID"))
            .WithClientSecret(Setting("AZURE_CLIENT_SECRET"))
            .WithAuthority($"https://login.microsoftonline.com/{Setting("AZURE_TENANT_ID")}")
            .Build();
        // an embed token ends with the Entra token that it is made with: never one from the cache
        var scopes = new[] { "https://analysis.windows.net/powerbi/api/.default" };
        var got = await entra.AcquireTokenForClient(scopes).WithForceRefresh(true).ExecuteAsync();
        using (var request = new HttpRequestMessage(method, $"https://api.powerbi.com/v1.0/myorg/{path}"))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", got.AccessToken);
            if (body != null) request.Content = new StringContent(JsonConvert.SerializeObject(body), Encoding.UTF8, "application/json");
            return await PowerBi.SendAsync(request);
        }
    }

    // the keeper reads when to come back, and explains what Microsoft said
    async Task<ActionResult> PassOn(HttpResponseMessage answer)
    {
        IEnumerable<string> values;
        foreach (var name in new[] { "Retry-After", "RequestId", "X-PowerBI-Error-Info" })
            if (answer.Headers.TryGetValues(name, out values)) Response.Headers[name] = values.First();
        Response.StatusCode = (int)answer.StatusCode;
        Response.TrySkipIisCustomErrors = true;
        return Content(await answer.Content.ReadAsStringAsync(), "application/json");
    }
}
