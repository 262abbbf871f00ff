/** The engine's code as JavaScript: a chunk of its own. */
export { instantiate } from "../../../target/npm/engine/javascript.js";
