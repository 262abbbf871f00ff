import { mount } from "svelte";
import Report from "./Report.svelte";

const config = await (await fetch("/api/embed")).json();
mount(Report, { target: document.querySelector("#app"), props: { config } });
