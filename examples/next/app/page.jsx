import { Report } from "./report.jsx";

export default function Page() {
  return <Report />;
}
