$(() => {
  $.getJSON("/api/embed").done((config) => {
    const report = powerbi.embed($("#report")[0], config);
    const keeper = PowerBITokenKeeper.keepFresh(report, { source: { url: "/api/embed-token", method: "GET" } });
    window.keeper = keeper; // for the test
  });
});
