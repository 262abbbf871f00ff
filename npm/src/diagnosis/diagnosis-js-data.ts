/** The texts and tables of the JavaScript diagnosis: a chunk of their own. */
export { key, text } from "../../../target/npm/diagnosis/data.js";
