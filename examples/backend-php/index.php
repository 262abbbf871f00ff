<?php
declare(strict_types=1);

$login = getenv('AZURE_AUTHORITY_HOST') ?: 'https://login.microsoftonline.com';
$api = getenv('POWERBI_API_URL') ?: 'https://api.powerbi.com';
// the keeper reads when to come back, and explains what Microsoft said
const PASSED_ON = ['content-type', 'retry-after', 'requestid', 'x-powerbi-error-info'];

/** Sends a request. Returns the status, the headers and the body of the answer. */
function send(string $method, string $url, array $headers, string $body = ''): array
{
    $http = ['method' => $method, 'header' => $headers, 'content' => $body, 'timeout' => 20, 'ignore_errors' => true];
    $text = @file_get_contents($url, false, stream_context_create(['http' => $http]));
    if ($text === false) throw new RuntimeException('no answer');
    [$line, $received] = [array_shift($http_response_header), []];
    foreach ($http_response_header as $header) {
        [$name, $value] = explode(':', $header, 2) + [1 => ''];
        $received[strtolower($name)] = trim($value);
    }
    return [(int) explode(' ', $line)[1], $received, $text];
}

/** Answers the page's request with Microsoft's refusal. */
function passOn(int $status, array $headers, string $text): never
{
    http_response_code($status);
    foreach (PASSED_ON as $name) if (isset($headers[$name])) header("$name: $headers[$name]");
    exit($text);
}

/** What Power BI answers to a service principal. */
function askPowerBi(string $method, string $path, ?array $body = null): array
{
    global $login, $api;
    // an embed token ends with the Entra token that it is made with: never a cached one
    [$status, $headers, $text] = send('POST', "$login/" . getenv('AZURE_TENANT_ID') . '/oauth2/v2.0/token',
        ['Content-Type: application/x-www-form-urlencoded'],
        http_build_query([
            'grant_type' => 'client_credentials',
            'client_id' => getenv('AZURE_CLIENT_ID'),
            'client_secret' => getenv('AZURE_CLIENT_SECRET'),
            'scope' => 'https://analysis.windows.net/powerbi/api/.default',
        ]));
    if ($status !== 200) passOn(502, $headers, $text);
    $token = json_decode($text, true)['access_token'];
    [$status, $headers, $text] = send($method, "$api/v1.0/myorg$path",
        ["Authorization: Bearer $token", 'Content-Type: application/json'], $body ? json_encode($body) : '');
    if ($status !== 200) passOn($status, $headers, $text);
    return json_decode($text, true);
}

function generateToken(): array
{
    $datasets = [['id' => getenv('POWERBI_DATASET_ID')]];
    return askPowerBi('POST', '/GenerateToken', ['reports' => [['id' => getenv('POWERBI_REPORT_ID')]], 'datasets' => $datasets]);
}

// here: who asks, and may they see the report?
header('Cache-Control: no-store');
$route = $_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($route === 'POST /api/embed-token') {
    header('Content-Type: application/json');
    echo json_encode(generateToken());
} elseif ($route === 'GET /') {
    $path = '/groups/' . getenv('POWERBI_WORKSPACE_ID') . '/reports/' . getenv('POWERBI_REPORT_ID');
    ['id' => $id, 'embedUrl' => $embedUrl] = askPowerBi('GET', $path);
    $config = ['type' => 'report', 'tokenType' => 1, 'id' => $id, 'embedUrl' => $embedUrl, 'accessToken' => generateToken()['token']];
    require __DIR__ . '/report.php';
} else {
    return false; // the built-in server looks for a file
}
