// ASP.NET Core MVC. dotnet add package Microsoft.Identity.Client
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Identity.Client;

[Authorize] // here: may this user see the report?
[ResponseCache(NoStore = true)]
public class ReportController(IConfiguration settings, IHttpClientFactory http) : Controller
{
    [HttpGet("/report")]
    public async Task<IActionResult> Index()
    {
        using var found = await Ask(HttpMethod.Get, $"groups/{settings["POWERBI_WORKSPACE_ID"]}/reports/{settings["POWERBI_REPORT_ID"]}");
        using var generated = await GenerateToken();
        foreach (var answer in new[] { found, generated }) if (!answer.IsSuccessStatusCode) return await PassOn(answer);
        var report = await found.Content.ReadFromJsonAsync<JsonElement>();
        var token = await generated.Content.ReadFromJsonAsync<JsonElement>();
        return View(new { type = "report", tokenType = 1, id = report.GetProperty("id"), embedUrl = report.GetProperty("embedUrl"), accessToken = token.GetProperty("token") });
    }

    [HttpPost("/api/embed-token")]
    public async Task<IActionResult> EmbedToken()
    {
        using var answer = await GenerateToken();
        return await PassOn(answer);
    }

    Task<HttpResponseMessage> GenerateToken() => Ask(HttpMethod.Post, "GenerateToken", new
    {
        reports = new[] { new { id = settings["POWERBI_REPORT_ID"] } },
        datasets = new[] { new { id = settings["POWERBI_DATASET_ID"] } },
    });

    async Task<HttpResponseMessage> Ask(HttpMethod method, string path, object? body = null)
    {
        var entra = ConfidentialClientApplicationBuilder.Create(settings["AZURE_CLIENT_ID"])
            .WithClientSecret(settings["AZURE_CLIENT_SECRET"])
            .WithAuthority($"https://login.microsoftonline.com/{settings["AZURE_TENANT_ID"]}")
            .Build();
        // an embed token ends with the Entra token that it is made with: never one from the cache
        var got = await entra.AcquireTokenForClient(["https://analysis.windows.net/powerbi/api/.default"]).WithForceRefresh(true).ExecuteAsync();
        using var request = new HttpRequestMessage(method, $"https://api.powerbi.com/v1.0/myorg/{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", got.AccessToken);
        if (body is not null) request.Content = JsonContent.Create(body);
        return await http.CreateClient().SendAsync(request);
    }

    // the keeper reads when to come back, and explains what Microsoft said
    async Task<IActionResult> PassOn(HttpResponseMessage answer)
    {
        foreach (var name in new[] { "Retry-After", "RequestId", "X-PowerBI-Error-Info" })
            if (answer.Headers.TryGetValues(name, out var values)) Response.Headers[name] = values.ToArray();
        Response.StatusCode = (int)answer.StatusCode;
        return Content(await answer.Content.ReadAsStringAsync(), "application/json");
    }
}
