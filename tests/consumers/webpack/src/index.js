import "../shared/app.js";
