import { Component, type OnDestroy, type OnInit, signal, viewChild } from "@angular/core";
import { PowerBIEmbedModule, PowerBIReportEmbedComponent } from "powerbi-client-angular";
import type { IReportEmbedConfiguration } from "powerbi-client";
import { TokenKeeper } from "powerbi-token-keeper";

@Component({
  selector: "app-report",
  imports: [PowerBIEmbedModule],
  template: `@if (config(); as embedConfig) {
    <powerbi-report [embedConfig]="embedConfig" [eventHandlers]="handlers" />
  }`,
})
export class ReportComponent implements OnInit, OnDestroy {
  readonly config = signal<IReportEmbedConfiguration | undefined>(undefined);
  readonly wrapper = viewChild(PowerBIReportEmbedComponent);
  readonly keeper = new TokenKeeper({ source: "/api/embed-token" });
  // the wrapper has its report by the time the report raises an event
  readonly handlers = new Map([["loaded", () => this.keep()]]);

  async ngOnInit(): Promise<void> {
    this.config.set(await (await fetch("/api/embed")).json());
    Object.assign(window, { keeper: this.keeper }); // for the test
  }

  private keep(): void {
    const report = this.wrapper()?.getReport();
    if (report) this.keeper.attach(report);
  }

  ngOnDestroy(): void {
    this.keeper.stop();
  }
}
