// Runs in an example's page before anything else. powerbi-client embeds from Microsoft's hosts only, MSAL signs in at
// Microsoft's, and the REST API is there; all are led to the stand-in here, so that the example itself is what it would
// be in production.
(() => {
  const FRAME = "https://app.powerbi.com/";
  const API = "https://api.powerbi.com/";
  const SIGN_IN = "https://login.microsoftonline.com/";

  // powerbi-client sets the address of its iframe with setAttribute, before it puts the iframe into the page
  HTMLIFrameElement.prototype.setAttribute = function (name, value) {
    const isReport = name === "src" && String(value).startsWith(FRAME);
    return Element.prototype.setAttribute.call(this, name, isReport ? frameAddress(value) : value);
  };

  function frameAddress(embedUrl) {
    const uid = new URL(embedUrl).searchParams.get("uid") ?? "";
    // the report queries its data every 15 seconds, and asks accessTokenProvider 30 seconds before its token expires
    return `/stand-in/frame.html?${new URLSearchParams({ uid, query: "15000", ask: "30000" })}`;
  }

  const { fetch } = window;
  const instead = (url) => url.replace(SIGN_IN, "/stand-in/sign-in/").replace(API, "/stand-in/api/");
  window.fetch = (input, init) => fetch(typeof input === "string" ? instead(input) : input, init);
})();
