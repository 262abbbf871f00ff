import { createApp } from "vue";
import Report from "./Report.vue";

fetch("/api/embed")
  .then((answer) => answer.json())
  .then((config) => createApp(Report, { config }).mount("#report"));
