<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Report</title>
    <link rel="icon" href="data:,">
    <script src="/static/powerbi.min.js" defer></script>
    <script src="/static/powerbi-token-keeper.min.js" defer></script>
  </head>
  <body>
    <div id="report" style="height: 90vh" data-config="<?= htmlspecialchars(json_encode($config)) ?>"></div>
    <script type="module">
      const element = document.querySelector("#report");
      const report = powerbi.embed(element, JSON.parse(element.dataset.config));
      window.keeper = PowerBITokenKeeper.keepFresh(report, { source: "/api/embed-token" });
    </script>
  </body>
</html>
