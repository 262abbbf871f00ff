import { HttpClient } from "@angular/common/http";
import { Component, type OnDestroy, ViewChild, inject } from "@angular/core";
import type { IReportEmbedConfiguration } from "powerbi-client";
import { PowerBIReportEmbedComponent } from "powerbi-client-angular";
import { TokenKeeper } from "powerbi-token-keeper";

@Component({
  selector: "app-report",
  standalone: false,
  template: `
    <powerbi-report *ngIf="config | async as embedConfig" [embedConfig]="embedConfig" [eventHandlers]="handlers" />
  `,
})
export class ReportComponent implements OnDestroy {
  @ViewChild(PowerBIReportEmbedComponent) wrapper?: PowerBIReportEmbedComponent;
  readonly config = inject(HttpClient).get<IReportEmbedConfiguration>("/api/embed");
  readonly keeper = new TokenKeeper({ source: "/api/embed-token" });
  // the wrapper has its report by the time the report raises an event
  readonly handlers = new Map([["loaded", () => this.keep()]]);

  private keep(): void {
    const report = this.wrapper?.getReport();
    if (report) this.keeper.attach(report);
    Object.assign(window, { keeper: this.keeper }); // for the test
  }

  ngOnDestroy(): void {
    this.keeper.stop();
  }
}
