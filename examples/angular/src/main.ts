import { provideZonelessChangeDetection } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { ReportComponent } from "./report";

bootstrapApplication(ReportComponent, { providers: [provideZonelessChangeDetection()] });
