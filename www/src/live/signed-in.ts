// Where Entra sends the visitor's window back to: hands its answer to the page that asked, and is closed by it.
import { broadcastResponseToMainFrame } from "@azure/msal-browser/redirect-bridge";

broadcastResponseToMainFrame().catch(() => {
  document.body.textContent = "There is nothing to see here: this page ends a sign-in.";
});
