// Pictures: echarts, rendered to SVG without a browser.

import * as echarts from "echarts";

const INK = "#3b4252";

/** An SVG of an echarts option, on white, so that it can be read on any page. */
export function svg(option, { width = 860, height = 380 } = {}) {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { color: INK, fontFamily: "system-ui, sans-serif" },
    ...option,
  });
  const text = chart.renderToSVGString();
  chart.dispose();
  return `${text}\n`;
}
