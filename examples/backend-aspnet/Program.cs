// dotnet add package Microsoft.Identity.Client
using System.Net.Http.Headers;
using Microsoft.Identity.Client;

var app = WebApplication.CreateBuilder(args).Build();
string Setting(string name) => app.Configuration[name] ?? throw new InvalidOperationException($"{name} is missing.");
var scopes = new[] { "https://analysis.windows.net/powerbi/api/.default" };
var powerBi = new HttpClient { BaseAddress = new Uri("https://api.powerbi.com/"), Timeout = TimeSpan.FromSeconds(20) };
var entra = ConfidentialClientApplicationBuilder.Create(Setting("AZURE_CLIENT_ID"))
    .WithClientSecret(Setting("AZURE_CLIENT_SECRET"))
    .WithAuthority($"https://login.microsoftonline.com/{Setting("AZURE_TENANT_ID")}")
    .Build();

app.MapPost("/api/embed-token", async (HttpResponse response) =>
{
    // here: who asks, and may they see the report?
    // an embed token ends with the Entra token that it is made with: never one from the cache
    AuthenticationResult got;
    try { got = await entra.AcquireTokenForClient(scopes).WithForceRefresh(true).ExecuteAsync(); }
    catch (MsalException error) // the keeper explains Entra's refusal too
    {
        return Results.Json(new { error = new { code = error.ErrorCode, message = error.Message } }, statusCode: 502);
    }
    using var request = new HttpRequestMessage(HttpMethod.Post, "v1.0/myorg/GenerateToken");
    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", got.AccessToken);
    request.Content = JsonContent.Create(new { reports = new[] { new { id = Setting("POWERBI_REPORT_ID") } }, datasets = new[] { new { id = Setting("POWERBI_DATASET_ID") } } });
    using var answer = await powerBi.SendAsync(request);
    // the keeper reads when to come back, and explains what Microsoft said
    foreach (var name in new[] { "Retry-After", "RequestId", "X-PowerBI-Error-Info" })
        if (answer.Headers.TryGetValues(name, out var values)) response.Headers[name] = values.ToArray();
    response.Headers.CacheControl = "no-store";
    return Results.Text(await answer.Content.ReadAsStringAsync(), "application/json", statusCode: (int)answer.StatusCode);
});

app.Run();
