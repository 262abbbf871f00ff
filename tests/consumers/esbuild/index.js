import "./shared/app.js";
