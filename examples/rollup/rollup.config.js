import commonjs from "@rollup/plugin-commonjs";
import resolve from "@rollup/plugin-node-resolve";

// powerbi-client is CommonJS; the second plugin is for it alone.
export default { input: "main.js", output: { dir: "dist" }, plugins: [resolve({ browser: true }), commonjs()] };
